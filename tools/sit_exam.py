"""Let the stored robots of chapter 6.4 sit an exam of natural sentences, and print the verdicts.

Usage: python tools/sit_exam.py [name …]     of nnbook/dialogue/data/natural_<name>.json; all without a name
"""

import sys

from nnbook.dialogue import exam
from nnbook.dialogue.understand import load_robots


def main(names: list[str]) -> int:
    """Print each sentence with its verdict, then the counts."""
    robots = load_robots()
    for name in names or exam.natural_names():
        counts, told = exam.sit(exam.load_natural(name), robots)
        for question, turn, verdict in sorted(told, key=lambda row: exam.VERDICTS.index(row[2])):
            print(
                f"{verdict:17} {' / '.join((*question.before, question.text))} -> [{turn.kind}] {turn.reply}"
            )
        wrong, fine = exam.shares(counts)
        shown = f"acted wrongly {wrong:.1%}, done, asked or declined rightly {fine:.1%}"
        print(f"{name}: {dict(counts)}; {shown}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
