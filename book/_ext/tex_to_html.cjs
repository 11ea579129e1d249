// Turn TeX into HTML with MathJax, while the site is built, so that a page of formulas needs no script at all.
// Lines of JSON in: {"tex": "…", "display": true}; lines of JSON out: {"html": "…"} or {"error": "…"}.
// With --style: write the style sheet that this HTML needs, and end.
const readline = require("node:readline");

async function main() {
  const MathJax = await require("mathjax").init({
    loader: { load: ["input/tex", "output/chtml", "a11y/assistive-mml"] },
    startup: { typeset: false },
    tex: {
      // an unknown command is an error of the author, not red letters for the reader
      packages: { "[-]": ["noundefined", "noerrors"] },
      formatError(jax, error) {
        throw error;
      },
    },
    chtml: { adaptiveCSS: false, fontURL: "." },
    options: { enableAssistiveMml: true },
  });
  const adaptor = MathJax.startup.adaptor;

  if (process.argv.includes("--style")) {
    await MathJax.tex2chtmlPromise("x");
    process.stdout.write(adaptor.textContent(MathJax.chtmlStylesheet()));
    return;
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { tex, display } = JSON.parse(line);
    let answer;
    try {
      const node = await MathJax.tex2chtmlPromise(tex, { display });
      answer = { html: adaptor.outerHTML(node) };
    } catch (error) {
      answer = { error: String(error.message ?? error) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
