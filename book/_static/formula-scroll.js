// A formula that is wider than its column scrolls in its own box. Only then is it a stop of the Tab key, so that
// the arrow keys can move it; all others are passed over.
const look = (box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
};

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target.isConnected) look(target.closest("mjx-container"));
});

for (const box of document.querySelectorAll("div.math > mjx-container")) {
  sizes.observe(box); // the column gets narrower
  if (box.firstElementChild) sizes.observe(box.firstElementChild); // the letters of its font arrive
}
