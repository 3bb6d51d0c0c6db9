"""The texts of the labs are easy to read: short sentences, and each term of the glossary is a link to
its explanation where a reader meets it first."""

import pathlib
import re
import unittest

LABS = pathlib.Path(__file__).resolve().parents[2] / "labs"
WORDS_MAX = 25

# Lines of a comment that a student reads.
SHOWN = re.compile(r"^(because|hint|why|if [^:]+):\s+(?=\S)")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
CHOICE = re.compile(r"[a-z]\) ")
CODE = re.compile(r"`[^`]*`")


class Paragraph:
    def __init__(self, line, kind):
        self.line, self.kind, self.text = line, kind, ""  # kind: text, heading, hint, because …


def paragraphs(path):
    """What a student reads, paragraph by paragraph: no code, no commands, no settings."""
    found = []
    fence = comment = False
    current = None  # the key of a comment, or "text"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            fence, current = not fence, None
            continue
        if fence:
            continue
        if line.startswith("<!--"):
            comment, current = True, None
        if comment:
            key = SHOWN.match(line)
            if not key:
                current = None
            elif current != key.group(1) or key.group(1) == "hint":
                current = key.group(1)
                found.append(Paragraph(number, current))
            if key:
                found[-1].text += line[key.end():] + " "
            comment = "-->" not in line
            if not comment:
                current = None
            continue
        if not line.strip() or line.startswith(("|", "    ")):
            current = None
            continue
        if current != "text" or line.startswith(("#", "- ", "**")) or found[-1].kind == "heading":
            found.append(Paragraph(number, "heading" if line.startswith("#") else "text"))
            current = "text"
        found[-1].text += line.lstrip("#- ") + " "
    return found


def sentences(text):
    """A command, a path or an address within a sentence is one word."""
    text = LINK.sub(r"\1", CODE.sub("CODE", text))
    return re.split(r"(?<=[.!?:])\s+(?=[A-Z0-9(\"*]|CODE)", text)


def terms():
    """The names of each term of the glossary, with its anchor."""
    for heading in re.findall(r"^## (.+)$", (LABS / "glossary.md").read_text(), re.M):
        anchor = re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
        for name in heading.split(", "):
            yield name, anchor


def first_uses(text, term):
    """Where the term occurs as a word, in the singular or plural, outside code."""
    text = CODE.sub(lambda code: " " * len(code.group()), text)
    forms = [re.escape(term)]
    if term.islower():  # SYN is a term, "syn" is none; but "Port" at the beginning of a sentence
        forms.append(re.escape(term[0].upper() + term[1:]))
    return re.search(rf"(?<![\w-])({'|'.join(forms)})(s|es)?(?![\w-])", text)


class ReadingEase(unittest.TestCase):
    def files(self):
        return sorted(LABS.glob("[0-9]*.md")), sorted((LABS / "myths").glob("[0-9]*.md"))

    def test_sentences_are_short(self):
        labs, myths = self.files()
        long = []
        for path in [*labs, *myths, LABS / "glossary.md"]:
            for paragraph in paragraphs(path):
                for sentence in sentences(paragraph.text):
                    words = sentence.split()
                    if len(words) > WORDS_MAX:
                        long.append(f"{path.name}:{paragraph.line}: {len(words)} words: {sentence}")
        self.assertEqual(long, [], "\n" + "\n".join(long))

    def test_the_explanation_of_a_prediction_begins_with_a_noun(self):
        """It may follow the reason of a wrong choice, whose nouns a pronoun would mean."""
        labs, myths = self.files()
        wrong = []
        for path in [*labs, *myths]:
            for found in re.finditer(r"\*\*Predict:\*\*.*?<!-- answer\n(.*?)-->", path.read_text("utf-8"), re.S):
                first = re.search(r"^because: (It|They|He|None|Both of|Neither)\b.*", found[1], re.M)
                before = found[1].split("because:")[0]
                if first and found[1].index("because:") == first.start() and "if " in before:
                    wrong.append(f"{path.name}: {first.group(0)}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_links_lead_to_a_term(self):
        anchors = {anchor for _, anchor in terms()}
        labs, myths = self.files()
        for path in [*labs, *myths]:
            for text, target in LINK.findall(path.read_text()):
                file, _, anchor = target.partition("#")
                if file.endswith("glossary.md"):
                    self.assertIn(anchor, anchors, f"{path.name}: [{text}]({target})")
                    self.assertTrue((path.parent / file).is_file(), f"{path.name}: {target}")

    def test_a_term_is_a_link_where_it_occurs_first(self):
        labs, myths = self.files()
        missing = []
        known = set()
        for path in labs:
            known |= self.check(path, known, missing)
        basic = set().union(*(self.check(path, set(), []) for path in labs[:3]))
        for path in myths:  # they presume the first labs
            self.check(path, basic, missing)
        self.assertEqual(missing, [], "\n" + "\n".join(missing))

    def check(self, path, known, missing):
        """Adds the terms that are used before they are linked. Returns those that are linked."""
        linked = set()
        all_terms = sorted(terms(), key=lambda term: -len(term[0]))  # "control socket" before "socket"
        for paragraph in paragraphs(path):
            # A link would not be one in a heading, in a choice, or in the command of a hint.
            if paragraph.kind in ("heading", "hint") or CHOICE.match(paragraph.text):
                continue
            here = {target.partition("#")[2] for _, target in LINK.findall(paragraph.text)
                    if "glossary.md" in target}
            text = LINK.sub(lambda link: "`" + "x" * len(link.group(1)) + "`", paragraph.text)
            for name, anchor in all_terms:
                found = first_uses(text, name)
                if found:
                    text = text[:found.start()] + " " * len(found.group()) + text[found.end():]
                    if anchor not in known | linked | here:
                        missing.append(f"{path.name}:{paragraph.line}: {found.group()} ({anchor})")
                        linked.add(anchor)  # named once
            linked |= here
        return linked


if __name__ == "__main__":
    unittest.main(verbosity=2)
