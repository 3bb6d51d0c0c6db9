#include "labs/runner/model/lab_file.hpp"

#include <boost/test/unit_test.hpp>

#include "labs/runner/model/lint.hpp"
#include "labs/runner/model/variants.hpp"

using namespace portlab;
using namespace portlab::labs;

namespace {

const std::string complete_lab = R"(# Lab 7: A title

<!-- lab
minutes: 12
servers: http=83 echo
vary: 83 = 84 85
-->

An introduction.

## 1. The first step

Some text.

```sh
portlab http http://127.0.0.1:83/
```

```output
tcp …
```

<!-- check
exit 0
listening tcp 83
next: type it
hint: one
hint: two
why: because
capture: client = :(\d+) →
-->

**Predict:** What now?

- a) This
- b) That

<!-- answer
b
because: That.
-->

## 2. The second step

**Question:** Your port?

<!-- answer
{client}
hint: look
because: it is
-->

<!-- check
not listening tcp 83
next: close it
do: portlab server close http
-->

The end.
)";

std::string faults_of(const std::string& text) {
  std::string all;
  for (const auto& fault : parse_lab(text, "x.md").faults)
    all += std::to_string(fault.line) + ": " + fault.text + "\n";
  return all;
}

std::string with(const std::string& rest) { return "# Lab 1: T\n\n## 1. S\n\n" + rest; }

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_from_another_system_reads_the_same) {
  std::string other = "\xef\xbb\xbf";
  for (const char c : complete_lab) other += c == '\n' ? std::string("\r\n") : std::string(1, c);
  BOOST_TEST(faults_of(other) == "");
  const auto lab = parse_lab(other, "x.md").lab;
  BOOST_TEST(lab.title == "A title");
  BOOST_TEST(std::get<Activity>(lab.parts.at(0).task).commands.at(0) ==
             "portlab http http://127.0.0.1:83/");
}

BOOST_AUTO_TEST_CASE(an_activity_with_needs_has_an_output_block_with_its_captures) {
  const auto lint_of = [](const std::string& output, const std::string& check) {
    const auto parsed = parse_lab(
        with("```sh\nls\n```\n\n" + output + "\n<!-- check\n" + check + "exit 0\nnext: x\n-->\n"),
        "x.md");
    std::string all;
    for (const auto& fault : lint(parsed.lab)) all += fault.text + "\n";
    return all;
  };
  const std::string needs = "needs: private network\n", shown = "```output\nport 80\n```\n";
  BOOST_TEST(lint_of("", needs).find("needs: without ```output") != std::string::npos);
  BOOST_TEST(lint_of(shown, needs).find("needs:") == std::string::npos);
  BOOST_TEST(lint_of(shown, needs + "capture: port = port (\\d+)\n").find("needs:") ==
             std::string::npos);
  BOOST_TEST(lint_of(shown, needs + "capture: port = tcp (\\d+)\n").find("needs:") !=
             std::string::npos);
  BOOST_TEST(faults_of(with("```sh\nls\n```\n\n<!-- check\nneeds: root\n-->\n"))
                 .find("none of 'private network', 'low ports'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_becomes_steps_and_parts) {
  const auto parsed = parse_lab(complete_lab, "x.md");
  BOOST_TEST(parsed.faults.empty(), faults_of(complete_lab));
  const auto& lab = parsed.lab;
  BOOST_TEST(lab.id == "7");
  BOOST_TEST(lab.title == "A title");
  BOOST_TEST(lab.minutes == 12);
  BOOST_TEST(lab.servers.value().size() == 2U);
  BOOST_TEST(lab.introduction == "An introduction.");
  BOOST_REQUIRE(lab.steps.size() == 2U);
  BOOST_REQUIRE(lab.parts.size() == 5U);

  const auto& work = std::get<Activity>(lab.parts[0].task);
  BOOST_TEST(lab.parts[0].text == "Some text.");
  BOOST_TEST(work.commands.at(0) == "portlab http http://127.0.0.1:83/");
  BOOST_TEST(work.output.value() == "tcp …\n");
  BOOST_TEST(work.conditions.size() == 2U);
  BOOST_TEST(work.hints.size() == 2U);
  BOOST_TEST(work.captures.at(0).name == "client");

  const auto& prediction = std::get<Question>(lab.parts[1].task);
  BOOST_TEST(prediction.is_prediction);
  BOOST_TEST(prediction.choices.size() == 2U);
  BOOST_TEST(prediction.answers.at(0) == "b");
  BOOST_TEST(!std::get<Question>(lab.parts[2].task).is_prediction);
  BOOST_TEST(lab.parts[2].step == 1U);

  const auto& seen = std::get<Activity>(lab.parts[3].task);
  BOOST_TEST(seen.commands.empty());
  BOOST_TEST(seen.commands_for_auto().at(0) == "portlab server close http");
  BOOST_TEST(std::holds_alternative<std::monostate>(lab.parts[4].task));
}

BOOST_AUTO_TEST_CASE(a_here_document_is_one_command) {
  const auto lab =
      parse_lab(with("```sh\ncat > x <<'END'\n  one\n\nEND\nls \\\n  x\n```\n"), "x.md").lab;
  const auto& commands = std::get<Activity>(lab.parts.at(0).task).commands;
  BOOST_REQUIRE(commands.size() == 2U);
  BOOST_TEST(commands[0] == "cat > x <<'END'\n  one\n\nEND");
  BOOST_TEST(commands[1] == "ls \\\n  x");
}

BOOST_AUTO_TEST_CASE(a_fault_has_its_line_and_says_what_to_write) {
  BOOST_TEST(faults_of("").find("# Lab N: TITLE") != std::string::npos);
  BOOST_TEST(faults_of("# Lab 1: T\n\n## 2. S\n").find("3: the next step is '## 1. TITLE'") !=
             std::string::npos);
  for (const auto& [text, expected] : std::initializer_list<std::pair<const char*, const char*>>{
           {"```sh\nls\n", "5: this block has no end"},
           {"```output\nx\n```\n", "5: an output block follows"},
           {"<!-- check\nexit zero\n-->\n", "6: after exit comes a number"},
           {"<!-- check\nlistening tcp 99999\n-->\n", "6: '99999' is neither a port"},
           {"<!-- check\nsockets tcp state OPEN\n-->\n", "6: 'state OPEN'"},
           {"<!-- check\ncapture: x = (\n-->\n", "6: capture"},
           {"<!-- answer\nb\n-->\n", "5: an answer follows a question"},
           {"**Predict:** x?\n\n- a) y\n\n<!-- answer\nc\n-->\n", "'c' is none of the choices"},
           {"**Predict:** x?\n\n", "this question has no <!-- answer"},
           {"<!-- note\n-->\n", "5: a comment is one of"},
       })
    BOOST_TEST(faults_of(with(text)).find(expected) != std::string::npos,
               "'" << text << "': " << faults_of(with(text)));
}

BOOST_AUTO_TEST_CASE(lint_reports_what_is_missing) {
  const auto lab = parse_lab(with("```sh\nls\n```\n\nText.\n"), "x.md").lab;
  std::string all;
  for (const auto& fault : lint(lab)) all += fault.text + "\n";
  for (const auto* expected :
       {"minutes", "they cannot fail", "no prediction", "checks no condition"})
    BOOST_TEST(all.find(expected) != std::string::npos, all);
}

BOOST_AUTO_TEST_CASE(each_student_gets_a_variant_and_always_the_same_one) {
  const std::vector<Variation> variations{{"83", {"84", "85", "86"}}};
  const std::string text = "<!-- lab\nvary: 83 = 84 85 86\n-->\n:83/ and 183 and 83";
  BOOST_TEST(variant_of(text, variations, "") == text);
  const auto ana = variant_of(text, variations, "ana");
  BOOST_TEST(ana == variant_of(text, variations, "ana"));
  BOOST_TEST(ana.find("183 and 8") != std::string::npos);  // 183 is another number
  BOOST_TEST(ana.find("vary: 83 =") != std::string::npos);
  bool differs = false;
  for (const auto* name : {"ben", "cem", "dora", "eva"})
    differs = differs || variant_of(text, variations, name) != ana;
  BOOST_TEST(differs);
}

BOOST_AUTO_TEST_CASE(a_wrong_answer_may_have_a_reason_of_several_lines) {
  const auto parse = [](const std::string& answer) {
    return with("**Predict:** x?\n\n- a) y\n- b) z\n\n<!-- answer\nb\n" + answer + "-->\n");
  };
  const auto lab = parse_lab(parse("if a: It is: no.\nif a: Really.\n"), "x.md").lab;
  const auto& reasons = std::get<Question>(lab.parts.at(0).task).reasons;
  BOOST_REQUIRE(reasons.size() == 1U);
  BOOST_TEST(reasons[0].answer == "a");
  BOOST_TEST(reasons[0].text.at(0) == "It is: no.");
  BOOST_TEST(reasons[0].text.at(1) == "Really.");
  BOOST_TEST(faults_of(parse("if c: No.\n")).find("'c' is none of the choices") !=
             std::string::npos);
  BOOST_TEST(faults_of(parse("if a\n")).find("12: if ANSWER: REASON") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lint_reports_reasons_of_right_answers_and_letters_in_texts) {
  const auto lab = parse_lab(with("**Predict:** x?\n\n- a) y\n- b) z\n\n<!-- answer\nb\n"
                                  "if b: No.\nif a: Not as in b).\nbecause: {x}\n-->\n"),
                             "x.md")
                       .lab;
  std::string all;
  for (const auto& fault : lint(lab)) all += fault.text + "\n";
  for (const auto* expected : {"if b: this answer is right", "'b)': letters differ", "{x} was not"})
    BOOST_TEST(all.find(expected) != std::string::npos, all);
}
