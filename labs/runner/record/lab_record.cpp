#include "labs/runner/record/lab_record.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <type_traits>

#include "common/text.hpp"

namespace portlab::labs {

namespace json = boost::json;

namespace {

constexpr std::size_t command_max = 4096;  // bytes of a command, in the record

// The members of each record and their keys in JSON: one list for writing and reading. The keys are
// in the files of students and do not change.

template <class Record, class Visit>
void visit_members(Record& record, const Visit& visit) {
  using Type = std::remove_const_t<Record>;
  visit("part", record.part);
  visit("step", record.step);
  if constexpr (std::is_same_v<Type, GivenAnswer>) {
    visit("question", record.question);
    visit("prediction", record.is_prediction);
    visit("answer", record.answer);
    visit("right", record.right);
    visit("was_right", record.was_right);
    visit("tries", record.tries);
  } else if constexpr (std::is_same_v<Type, DoneActivity>) {
    visit("commands", record.commands);
    visit("typed_for_them", record.typed_by_enter);
    visit("hints", record.hints);
    visit("skipped", record.skipped);
    visit("impossible_here", record.impossible);
  } else {
    visit("title", record.title);
    visit("parts", record.parts);
    visit("version", record.version);
    visit("steps", record.steps);
    visit("started", record.started);
    visit("finished", record.finished);
    visit("hints", record.hints);
    visit("skipped", record.skipped);
    visit("answers", record.answers);
    visit("done", record.done);
  }
}

template <class Record>
json::object write(const Record& record) {
  json::object object;
  visit_members(record,
                [&](const char* key, const auto& value) { object[key] = json::value_from(value); });
  return object;
}

template <class Record>
Record read(const json::object& object) {
  Record record;
  visit_members(record, [&](const char* key, auto& value) {
    if (const auto* found = object.if_contains(key))
      value = json::value_to<std::remove_reference_t<decltype(value)>>(*found);
  });
  return record;
}

}  // namespace

// Boost.JSON finds these for the elements of `answers` and `done`.

void tag_invoke(json::value_from_tag, json::value& value, const GivenAnswer& answer) {
  value = write(answer);
}
void tag_invoke(json::value_from_tag, json::value& value, const DoneActivity& activity) {
  value = write(activity);
}
GivenAnswer tag_invoke(json::value_to_tag<GivenAnswer>, const json::value& value) {
  return read<GivenAnswer>(value.as_object());
}
DoneActivity tag_invoke(json::value_to_tag<DoneActivity>, const json::value& value) {
  return read<DoneActivity>(value.as_object());
}

json::object to_json(const LabRecord& record) { return write(record); }
LabRecord record_from_json(const json::object& object) { return read<LabRecord>(object); }

GivenAnswer* LabRecord::answer_at(std::size_t which) {
  const auto found = std::find_if(answers.begin(), answers.end(),
                                  [&](const GivenAnswer& answer) { return answer.part == which; });
  return found == answers.end() ? nullptr : &*found;
}

const GivenAnswer* LabRecord::answer_at(std::size_t which) const {
  return const_cast<LabRecord*>(this)->answer_at(which);
}

void LabRecord::add_done(DoneActivity activity) {
  const auto is_same_part = [&](const DoneActivity& other) { return other.part == activity.part; };
  const bool is_repeated = std::any_of(done.begin(), done.end(), is_same_part);
  if (is_repeated && activity.commands.empty()) return;
  std::erase_if(done, is_same_part);
  for (auto& command : activity.commands) command = displayable(command, command_max);
  done.push_back(std::move(activity));
}

void LabRecord::add_skipped(std::size_t which) {
  if (std::find(skipped.begin(), skipped.end(), which) == skipped.end()) skipped.push_back(which);
}

std::string LabRecord::score(bool predictions) const {
  std::size_t right = 0, given = 0;
  for (const auto& answer : answers) {
    if (answer.is_prediction != predictions) continue;
    ++given;
    right += answer.was_right ? 1 : 0;
  }
  return std::to_string(right) + " of " + std::to_string(given);
}

}  // namespace portlab::labs
