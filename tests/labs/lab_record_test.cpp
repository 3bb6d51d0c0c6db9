#include "labs/runner/record/lab_record.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/test/unit_test.hpp>

using namespace portlab::labs;
namespace json = boost::json;

namespace {

/// A record with each key.
constexpr const char* complete_record = R"({
  "title": "HTTP on port 83", "part": 3, "parts": 9, "version": 12, "step": 2, "steps": 4,
  "started": 100, "finished": 0, "changed": 103, "hints": 1, "skipped": [2],
  "answers": [{"part": 1, "step": 1, "question": "q", "prediction": true, "answer": "a",
               "right": "b", "was_right": false, "tries": 2, "answer_text": "a) x",
               "right_text": "b) y", "wrong": ["c) z"], "time": 101, "asked": "q 5"}],
  "done": [{"part": 0, "step": 1, "commands": ["ls"], "typed_for_them": 1, "hints": 1,
            "skipped": false, "impossible_here": true, "by_enter": ["ls"], "time": 102}]})";

}  // namespace

BOOST_AUTO_TEST_CASE(a_record_is_read_and_written_with_the_same_keys) {
  const auto object = json::parse(complete_record).as_object();
  const auto record = record_from_json(object);
  BOOST_TEST(record.title == "HTTP on port 83");
  BOOST_TEST(record.skipped.at(0) == 2U);
  BOOST_TEST(record.answers.at(0).prediction);
  BOOST_TEST(record.answers.at(0).tries == 2U);
  BOOST_TEST(record.answers.at(0).wrong.at(0) == "c) z");
  BOOST_TEST(record.done.at(0).commands.at(0) == "ls");
  BOOST_TEST(record.done.at(0).typed_for_them == 1U);
  BOOST_TEST(record.done.at(0).impossible_here);
  const auto written = json::value_from(record);
  BOOST_TEST((written == object), json::serialize(written));
}

BOOST_AUTO_TEST_CASE(keys_that_are_missing_keep_their_defaults) {
  const auto record =
      record_from_json(json::parse(R"({"part": 1, "answers": [{"answer": "b"}]})").as_object());
  BOOST_TEST(record.part == 1U);
  BOOST_TEST(!record.has_started());
  BOOST_TEST(record.answers.at(0).answer == "b");
  BOOST_TEST(record.answers.at(0).tries == 0U);
}

BOOST_AUTO_TEST_CASE(a_repeated_activity_replaces_the_earlier_one_if_it_has_commands) {
  LabRecord record;
  DoneActivity activity;
  activity.commands = {"first"};
  record.add_done(activity);
  activity.commands = {};
  record.add_done(activity);
  BOOST_TEST(record.done.at(0).commands.at(0) == "first");
  activity.commands = {"second"};
  record.add_done(activity);
  BOOST_REQUIRE(record.done.size() == 1U);
  BOOST_TEST(record.done.at(0).commands.at(0) == "second");
}
