// @ts-check
/** How ChatPad writes a share and a token. No DOM. */

/** 12.3 %, < 0.1 %. @param {number} p */
export const percent = (p) => (p >= 0.0995 ? `${Math.round(100 * p)} %` : p >= 0.001 ? `${(100 * p).toFixed(1)} %` : "< 0.1 %");
/** A token as it is shown alone: a space at an end is ␣, a new line ↵, a sign without a shape its number. @param {string} text */
export const visible = (text) => text.replace(/\n/g, "↵").replace(/^ | $/g, "␣").replace(/[^\P{C}\ufffd]|[^\S ]/gu, (sign) => `U+${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`) || "·";

/** Dollars, however small: $0.0000077. @param {number} value */
export const dollars = (value) => `$${value === 0 ? 0 : value.toFixed(Math.max(2, 1 - Math.floor(Math.log10(Math.abs(value)))))}`;
