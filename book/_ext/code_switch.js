// A reader chooses to see the code of the chapters or only the text; the choice holds for all pages of this
// browser. A link that leads from a path for readers who do not program carries ?code=off.
// This runs in the head, before the page is drawn, so that no code flashes up.
(() => {
  const { dataset } = document.documentElement;
  const KEY = "nnbook-code";
  // a browser may forbid storage; then the choice holds for this page
  const remember = (value) => {
    try {
      localStorage.setItem(KEY, value);
    } catch {}
  };
  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const wish = new URLSearchParams(location.search).get("code");
  if (wish === "on" || wish === "off") remember(wish);
  const choice = wish ?? remembered();
  dataset.nnCode = choice === "off" ? "off" : "on";

  addEventListener("DOMContentLoaded", () => {
    const buttons = document.querySelectorAll("[data-nn-code-switch]");
    const name = () => {
      for (const button of buttons) button.textContent = dataset.nnCode === "off" ? "Show code" : "Hide code";
    };
    for (const button of buttons) {
      button.addEventListener("click", () => {
        // the paragraph that is being read stays where it is
        const read = [...document.querySelectorAll("article p, article h2, article h3, article li")].find(
          (element) => element.getBoundingClientRect().top >= 60,
        );
        const before = read?.getBoundingClientRect().top ?? 0;
        dataset.nnCode = dataset.nnCode === "off" ? "on" : "off";
        remember(dataset.nnCode);
        name();
        if (read) scrollBy({ top: read.getBoundingClientRect().top - before, behavior: "instant" });
      });
    }
    for (const link of document.querySelectorAll(".nn-without-code a.reference.internal")) {
      const target = new URL(link.href);
      target.searchParams.set("code", "off");
      link.href = target.href;
    }
    name();
  });
})();
