#include "labs/runner/record/report.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

using namespace portlab::labs;
namespace fs = std::filesystem;

namespace {

/// $XDG_STATE_HOME is a folder of its own.
struct StateFolder {
  StateFolder() { ::setenv("XDG_STATE_HOME", place.c_str(), 1); }
  ~StateFolder() { fs::remove_all(place); }
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  const fs::path place =
      fs::temp_directory_path() / ("portlab-report-" + std::to_string(::getpid()));
};

LabRecord started() {
  LabRecord record;
  record.started = 1;
  record.step = 1;
  record.steps = 2;
  return record;
}

/// An answer that was given, with the right one that the student has seen.
GivenAnswer answer(bool prediction, const char* given, const char* right) {
  GivenAnswer one;
  one.question = prediction ? "**Predict:** Which?" : "**Question:** Which?";
  one.prediction = prediction;
  one.answer = one.answer_text = given;
  one.right = one.right_text = right;
  one.was_right = one.answer == one.right;
  one.tries = one.answer.empty() ? 0 : 1;
  return one;
}

std::string report_of(const LabRecord& record) {
  Progress progress("");
  progress.save("5", record);
  return report_of(progress, 200);
}

std::string report_of(GivenAnswer one, bool skipped = false) {
  auto record = started();
  if (skipped) record.add_skipped(one.part);
  record.answers.push_back(std::move(one));
  return report_of(record);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(labs_are_in_the_order_of_their_numbers_and_myths_after_them, StateFolder) {
  Progress progress("");
  for (const auto* lab : {"/a/b.md", "myth 10", "10", "myth 2", "9", "0"})
    progress.save(lab, started());
  const auto text = report_of(progress, 200);
  std::size_t before = 0;
  for (const auto* lab : {"\n0 ", "\n9 ", "\n10 ", "\nmyth 2 ", "\nmyth 10 ", "\n/a/b.md "}) {
    BOOST_TEST_REQUIRE(contains(text, lab), text);
    BOOST_TEST(text.find(lab) > before);
    before = text.find(lab);
  }
}

BOOST_FIXTURE_TEST_CASE(the_right_answer_of_an_open_question_is_not_told, StateFolder) {
  BOOST_TEST(contains(report_of(answer(false, "4", "")), "answered: 4 (not right yet)"));
  BOOST_TEST(contains(report_of(answer(true, "4", "")), "predicted: 4 (not tested yet)"));
  BOOST_TEST(contains(report_of(answer(true, "", "")), "not predicted (not tested yet)"));
  BOOST_TEST(contains(report_of(answer(true, "4", "3")), "predicted: 4 (right answer: 3)"));
  BOOST_TEST(contains(report_of(answer(false, "3", "3")), "answered: 3 (right)"));
}

BOOST_FIXTURE_TEST_CASE(a_question_that_was_skipped_after_tries_is_shown_as_both, StateFolder) {
  auto skipped = answer(false, "4", "3");
  skipped.tries = 2;
  BOOST_TEST(contains(report_of(skipped, true), "4 (then skipped; right answer: 3, try 2)"));
  BOOST_TEST(contains(report_of(answer(false, "", "3"), true), "not answered (right answer: 3)"));
  BOOST_TEST(contains(report_of(answer(false, "3", "3"), true), "3 (right, after skip)"));
}

BOOST_FIXTURE_TEST_CASE(a_question_is_shown_with_the_values_that_the_student_saw, StateFolder) {
  auto one = answer(false, "3", "3");
  one.question = "**Question:** What is {client}?";
  one.asked = "**Question:** What is 40000?";
  BOOST_TEST(contains(report_of(one), "What is 40000?"));
  BOOST_TEST(!contains(report_of(one), "{client}"));
}

BOOST_FIXTURE_TEST_CASE(a_finished_lab_is_at_its_last_step, StateFolder) {
  auto record = started();
  record.finished = 2;
  BOOST_TEST(contains(report_of(record), "2/2"));
}

BOOST_AUTO_TEST_CASE(open_answers_are_in_no_score) {
  auto record = started();
  record.answers = {answer(true, "4", ""), answer(true, "3", "3"), answer(true, "4", "3")};
  BOOST_TEST(record.score(true) == "1 of 2");
  BOOST_TEST(record.score(false) == "0 of 0");
}
