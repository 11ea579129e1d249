// @ts-check
/** JupyterLab draws a widget before it puts it on the screen: colours and sizes are known only afterwards. */

/**
 * Call back as soon as the element has a size, and each time it comes back after having had none.
 * @param {import("./ui.js").Scope} scope @param {Element} element @param {() => void} action
 */
export function whenShown(scope, element, action) {
  let shown = false;
  const observer = new ResizeObserver((entries) => {
    const { width } = entries[entries.length - 1].contentRect;
    if (width > 0 && !shown) action();
    shown = width > 0;
  });
  observer.observe(element);
  scope.onDispose(() => observer.disconnect());
}
