// Prints the first three results of AskTheBook over a built site for each question of a JSON list. Called by test_ask_the_book.py.
import { readFileSync } from "node:fs";

import { openBook } from "../../nnbook/widgets/static/ask_search.js";

globalThis.window = /** @type {any} */ ({});
new Function(readFileSync(process.argv[2], "utf8"))(); // a classic script: it registers itself in window
const book = openBook(window.nnbookModels["ask-the-book"]);
const questions = JSON.parse(readFileSync(process.argv[3], "utf8"));
const found = questions.map((question) => book.ask(question, 3).results.map(({ page, path, title }) => ({ page, section: path.at(-1) ?? title })));
console.log(JSON.stringify(found));
