// portlab doctor: what this machine can run, and what to use instead of the rest.

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/doctor/checks.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "doctor",
    "",
    {{{"portlab doctor", "a table: what works here, why, and what to use instead"},
      {"portlab enter portlab doctor", "the same inside portlabd's private network"},
      {"portlab doctor --json", "the same for a script"}}},
    "Exit status: 0 every lab can run in some way, 1 none can: the last lines say why. The "
    "checks change nothing on the machine."};

constexpr unsigned answer_column = 16;
constexpr unsigned reason_column = 26;  // after "limited" and a gap

/// The answer, coloured.
std::string painted(const Check& check, const TextStyle& style) {
  const std::string_view sgr = check.answer == Answer::yes       ? "32"
                               : check.answer == Answer::limited ? "33"
                                                                 : "31";
  return style.paint(to_string(check.answer), sgr);
}

std::string to_text(const Check& check, unsigned columns, const TextStyle& style) {
  constexpr unsigned roomy = 60;
  const bool beside = columns >= roomy;
  const unsigned indent = beside ? reason_column : 4;
  std::string head = check.name;
  head.resize(std::max<std::size_t>(head.size() + 1, answer_column), ' ');
  const std::string margin(indent, ' ');
  auto reason = wrap(margin + check.reason, columns, indent);
  if (beside) reason.erase(0, head.size() + to_string(check.answer).size());
  std::string text = head + painted(check, style) + (beside ? "" : "\n") + reason + "\n";
  if (!check.instead.empty())
    text += wrap(margin + "instead: " + check.instead, columns, indent) + "\n";
  return text;
}

/// What to ask the administrator for.
std::string profile_text(const Diagnosis& found, unsigned columns) {
  constexpr const char* path = "/etc/apparmor.d/portlab";
  return "\n" +
         wrap(
             "AppArmor forbids private networks to programs without a profile that allows them. "
             "The administrator of this machine can allow them to portlab alone, with this file, " +
                 std::string(path) + ":",
             columns, 0) +
         "\n\n" + found.apparmor_profile + "\nand: sudo apparmor_parser -r " + path + "\n";
}

json::object to_json(const Diagnosis& found) {
  json::array checks;
  for (const auto& check : found.checks) {
    json::object line{
        {"name", check.name}, {"answer", to_string(check.answer)}, {"reason", check.reason}};
    if (!check.instead.empty()) line["instead"] = check.instead;
    checks.push_back(std::move(line));
  }
  json::object out{{"can_run", !found.how.empty()}, {"checks", std::move(checks)}};
  if (!found.how.empty()) out["how"] = found.how;
  if (!found.why_not.empty()) out["why_not"] = found.why_not;
  if (!found.apparmor_profile.empty()) out["apparmor_profile"] = found.apparmor_profile;
  return out;
}

}  // namespace

int run_doctor(const Arguments& arguments) {
  CommandLine line(manual, Shared::json);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(0, 0);
  const auto found = diagnose();
  const auto columns = columns_of(STDOUT_FILENO);
  if (options->json) {
    print_json(to_json(found));
  } else {
    std::string text;
    for (const auto& check : found.checks) text += to_text(check, columns, style_of(STDOUT_FILENO));
    if (!found.how.empty())
      text += "\n" + wrap("Every lab can run: " + found.how, columns, 0) + "\n";
    if (!found.apparmor_profile.empty()) text += profile_text(found, columns);
    print(text);
  }
  if (!found.how.empty()) return 0;
  complain(
      {Exit::failed, "labs that need servers cannot run here: " + found.why_not, found.remedy});
  return static_cast<int>(Exit::failed);
}

}  // namespace portlab
