#include "labs/runner/model/choices.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "labs/runner/model/lab_file.hpp"

using namespace portlab::labs;

namespace {

constexpr const char* text = R"(# Lab 1: T

## 1. S

- a) an item of another list

**Predict:** What happens?

- a) It works.
- b) None of these.
- c) It is refused.
- d) Nothing.

<!-- answer
c
if a: It needs a listener.
because: There is no listener.
-->
)";

Part part_for(const std::string& student) {
  auto lab = parse_lab(text, "x.md").lab;
  shuffle_choices(lab, student);
  return lab.parts.at(0);
}

const Question& question_of(const Part& part) { return std::get<Question>(part.task); }

std::string choice_at(const Question& question, const std::string& letter) {
  for (const auto& choice : question.choices)
    if (choice.letter == letter.front()) return choice.text;
  return {};
}

}  // namespace

BOOST_AUTO_TEST_CASE(texts_answers_and_reasons_follow_the_order_of_the_choices) {
  for (const auto* student : {"", "ana", "ben", "cem", "dora", "eva"}) {
    const auto part = part_for(student);
    const auto& question = question_of(part);
    BOOST_TEST(choice_at(question, question.answers.at(0)) == "It is refused.");
    BOOST_TEST(choice_at(question, question.reasons.at(0).answer) == "It works.");
    std::string list;
    for (const auto& choice : question.choices)
      list += "\n- " + std::string{choice.letter} + ") " + choice.text;
    BOOST_TEST(part.text == "- a) an item of another list\n\n**Predict:** What happens?\n" + list);
  }
}

BOOST_AUTO_TEST_CASE(the_order_depends_on_the_name_and_none_of_these_is_last) {
  std::set<std::string> orders;
  for (int i = 0; i < 60; ++i) {
    const auto name = "student" + std::to_string(i);
    const auto part = part_for(name);
    const auto& choices = question_of(part).choices;
    BOOST_TEST(choices.back().text == "None of these.");
    BOOST_TEST(choices.front().letter == 'a');
    BOOST_TEST(part.text == part_for(name).text);
    orders.insert(part.text);
  }
  BOOST_TEST(orders.size() == 6U);  // of three choices
}
