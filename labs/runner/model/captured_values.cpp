#include "labs/runner/model/captured_values.hpp"

#include <boost/regex.hpp>
#include <stdexcept>

namespace portlab::labs {

namespace {

const boost::regex name_in_braces(R"((?<!\$)\{([a-z][a-z0-9_]*)\})");

}  // namespace

std::optional<std::string> capture_values(const std::vector<Capture>& captures,
                                          const std::string& output, CapturedValues& values) {
  for (const auto& [name, pattern] : captures) {
    boost::smatch found;
    try {
      if (!boost::regex_search(output, found, boost::regex(pattern), boost::match_not_dot_newline))
        return name;
    } catch (const std::runtime_error&) {  // the expression is too complex for this output
      return name;
    }
    values[name] = found[1].str();
  }
  return std::nullopt;
}

void forget_values(const std::vector<Capture>& captures, CapturedValues& values) {
  for (const auto& capture : captures) values.erase(capture.name);
}

std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> names;
  for (boost::sregex_iterator found(text.begin(), text.end(), name_in_braces), end; found != end;
       ++found)
    names.insert((*found)[1].str());
  return names;
}

std::string with_values(const std::string& text, const CapturedValues& values) {
  return boost::regex_replace(text, name_in_braces, [&](const boost::smatch& found) {
    const auto value = values.find(found[1].str());
    return value == values.end() ? found[0].str() : value->second;
  });
}

std::string command_with_values(const std::string& line, const CapturedValues& values) {
  static const boost::regex plain_word("[A-Za-z0-9.-]+");
  CapturedValues plain_values;
  for (const auto& entry : values)
    if (boost::regex_match(entry.second, plain_word)) plain_values.insert(entry);
  return with_values(line, plain_values);
}

std::vector<std::string> commands_to_type(const Activity& activity, const CapturedValues& values) {
  if (!activity.commands.empty()) return activity.commands;
  std::vector<std::string> commands;
  for (const auto& line : activity.auto_commands)
    commands.push_back(command_with_values(line, values));
  return commands;
}

}  // namespace portlab::labs
