#include "labs/runner/record/lab_record.hpp"

#include <algorithm>
#include <boost/json/value_to.hpp>
#include <boost/mp11/algorithm.hpp>
#include <type_traits>

#include "common/text.hpp"

namespace portlab::labs {

namespace json = boost::json;

namespace {

constexpr std::size_t command_max = 4096;  // bytes of a command, in the record

/// A command as the record has it: of a here-document only the first line.
std::string recorded(const std::string& command) {
  const auto end = command.find('\n');
  return displayable(command.substr(0, end), command_max) +
         (end == std::string::npos ? "" : " ...");
}

/// As json::value_to, which refuses an object that lacks a member.
template <class Record>
Record read(const json::object& object) {
  namespace describe = boost::describe;
  Record record;
  using Members = describe::describe_members<Record, describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    auto& value = record.*member.pointer;
    if (const auto* found = object.if_contains(member.name))
      value = json::value_to<std::remove_reference_t<decltype(value)>>(*found);
  });
  return record;
}

}  // namespace

// Boost.JSON finds these for the elements of `answers` and `done`.
GivenAnswer tag_invoke(json::value_to_tag<GivenAnswer>, const json::value& value) {
  return read<GivenAnswer>(value.as_object());
}
DoneActivity tag_invoke(json::value_to_tag<DoneActivity>, const json::value& value) {
  return read<DoneActivity>(value.as_object());
}

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
  for (auto* commands : {&activity.commands, &activity.by_enter})
    for (auto& command : *commands) command = recorded(command);
  done.push_back(std::move(activity));
}

void LabRecord::add_skipped(std::size_t which) {
  if (!was_skipped(which)) skipped.push_back(which);
}

bool LabRecord::was_skipped(std::size_t which) const {
  return std::find(skipped.begin(), skipped.end(), which) != skipped.end();
}

std::string LabRecord::score(bool predictions) const {
  std::size_t right = 0, given = 0;
  for (const auto& answer : answers) {
    if (answer.prediction != predictions || answer.is_open()) continue;
    ++given;
    right += answer.was_right ? 1 : 0;
  }
  return std::to_string(right) + " of " + std::to_string(given);
}

}  // namespace portlab::labs
