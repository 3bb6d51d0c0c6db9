#include "clients/cli/command_error.hpp"

#include <unistd.h>

#include <boost/json/object.hpp>
#include <cstdio>
#include <utility>

#include "clients/cli/terminal.hpp"

namespace portlab {

CommandError::CommandError(Exit exit, std::string reason, std::string advice)
    : exit_(exit), reason_(std::move(reason)), advice_(std::move(advice)) {}

CommandError CommandError::explained_by(NetError net_error, const std::string& place) const {
  auto failure = *this;
  failure.why_ = "portlab why " + std::string(names_of(net_error).name) + " " + printable(place);
  return failure;
}

CommandError CommandError::caused_by(const CommandError& other) const {
  auto failure = *this;
  failure.why_ = other.why_;
  return failure;
}

CommandError CommandError::caused_by_system(SystemError error) const {
  auto failure = *this;
  failure.system_error_ = std::move(error);
  return failure;
}

std::string CommandError::text() const {
  std::string text = "portlab: " + reason_ + "\n";
  if (!advice_.empty()) text += "  try: " + advice_ + "\n";
  if (!why_.empty()) text += "  why: " + why_ + "\n";
  return text;
}

boost::json::value CommandError::to_json() const {
  boost::json::object error{{"exit", static_cast<int>(exit_)}, {"reason", reason_}};
  if (!advice_.empty()) error["try"] = advice_;
  if (!why_.empty()) error["why"] = why_;
  return boost::json::object{{"error", error}};
}

void complain(const CommandError& failure) {
  auto text = failure.text();
  if (const auto columns = room_of(STDERR_FILENO)) text = wrap(text, *columns, 4);
  std::fputs(text.c_str(), stderr);
}

CommandError usage_failure(std::string reason, std::string advice) {
  return {Exit::bad_usage, std::move(reason), std::move(advice)};
}

}  // namespace portlab
