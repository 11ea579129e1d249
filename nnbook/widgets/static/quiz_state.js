// @ts-check
/** What was answered in a quiz, and where it is kept; no DOM. */

/** @typedef {{text: string, right?: boolean, feedback: string}} Choice */
/** @typedef {{id: string, question: string, choices: Choice[], section?: string}} Question */
/** @typedef {{title: string, page: string, questions: Question[]}} QuizData */
/** @typedef {Record<string, {first: number, last: number}>} Answers  question -> the first choice that was checked, and the last */

const KEY = "nnbook-quiz";

/**
 * The progress of all quizzes. A browser may forbid storage (a page from a disk, a private window); then it lasts as long as the page.
 * @param {() => Storage} [storage]
 */
export function progressBook(storage = () => window.localStorage) {
  /** @type {Record<string, Answers>} */
  let memory = {};
  let kept = true;
  const read = () => {
    try {
      const text = storage().getItem(KEY);
      if (text === null) return; // nothing yet
      const value = JSON.parse(text);
      if (value && typeof value === "object" && !Array.isArray(value)) memory = value;
    } catch {
      kept = kept && storageWorks(storage);
    }
  };
  kept = storageWorks(storage);
  read();
  return {
    /** Does the browser keep it? */
    get kept() {
      return kept;
    },
    /** The answers that still fit the questions. @param {string} quiz @param {Question[]} questions @returns {Answers} */
    answers(quiz, questions) {
      read();
      const stored = Object.hasOwn(memory, quiz) && memory[quiz] && typeof memory[quiz] === "object" ? memory[quiz] : {};
      /** @type {Answers} */
      const good = {};
      for (const { id, choices } of questions) {
        const answer = Object.hasOwn(stored, id) ? stored[id] : null;
        const fits = (/** @type {any} */ i) => Number.isInteger(i) && i >= 0 && i < choices.length;
        if (answer && fits(answer.first) && fits(answer.last)) good[id] = { first: answer.first, last: answer.last };
      }
      return good;
    },
    /** How many questions of a quiz were answered. @param {string} quiz */
    count: (quiz) => (Object.hasOwn(memory, quiz) && memory[quiz] ? Object.keys(memory[quiz]).length : 0),
    /** @param {string} quiz @param {Answers} answers empty: forget it */
    keep(quiz, answers) {
      read();
      memory = { ...memory, [quiz]: answers };
      if (!Object.keys(answers).length) delete memory[quiz];
      try {
        storage().setItem(KEY, JSON.stringify(memory));
      } catch {
        kept = false;
      }
    },
  };
}

/** @param {() => Storage} storage */
function storageWorks(storage) {
  try {
    const probe = `${KEY}-probe`;
    storage().setItem(probe, "1");
    storage().removeItem(probe);
    return true;
  } catch {
    return false;
  }
}

/** @param {Answers} answers @param {string} id @param {number} choice @returns {Answers} with one more check of a choice */
export function answered(answers, id, choice) {
  const before = Object.hasOwn(answers, id) ? answers[id] : null;
  return { ...answers, [id]: { first: before ? before.first : choice, last: choice } };
}

/** How it stands. @param {Question[]} questions @param {Answers} answers */
export function score(questions, answers) {
  const done = questions.filter(({ id }) => Object.hasOwn(answers, id));
  const right = (/** @type {"first" | "last"} */ which) => done.filter(({ id, choices }) => choices[answers[id][which]].right).length;
  return { asked: questions.length, answered: done.length, first: right("first"), last: right("last") };
}

/** The score as a sentence. @param {ReturnType<typeof score>} s */
export function scoreText({ asked, answered: n, first, last }) {
  if (n === 0) return `${asked} questions, none answered yet.`;
  const begin = n < asked ? `${n} of ${asked} answered` : `All ${asked} answered`;
  return `${begin}; right at the first try: ${first}${last > first ? `, after another try: ${last}` : ""}.`;
}
