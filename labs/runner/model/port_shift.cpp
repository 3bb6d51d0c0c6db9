#include "labs/runner/model/port_shift.hpp"

#include <array>
#include <boost/regex.hpp>

#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/text.hpp"
#include "labs/network/lab_network.hpp"
#include "labs/network/office/keeper.hpp"
#include "labs/runner/model/open_ports.hpp"
#include "labs/runner/model/picture.hpp"

namespace portlab::labs {

namespace {

/// Shifts the number that is the pattern's second group, in each match.
std::string shift_matches(const std::string& text, const boost::regex& pattern,
                          std::uint16_t shift) {
  return boost::regex_replace(text, pattern, [&](const boost::smatch& found) {
    const auto number = found[2].str();
    const auto port = parse_port(number);
    return std::string(found[0].first, found[2].first) +
           (port ? std::to_string(shifted_port(*port, shift)) : number) +
           std::string(found[2].second, found[0].second);
  });
}

/// For a regular expression: "http|ftp|dns|echo".
std::string service_names() {
  std::string names;
  for (const auto& service : known_services())
    names += (names.empty() ? "" : "|") + std::string(service.name);
  return names;
}

/// What precedes the host in a command of portlab, in the same word: "http://", "@", or nothing.
std::string_view prefix_of_host(std::string_view command) {
  const auto before = command.substr(0, command.find(host_in_command));
  return before.substr(before.rfind(' ') + 1);
}

/// How a client's target is written without a port, and the port that the client uses then.
std::vector<std::pair<boost::regex, int>> make_default_ports() {
  const std::string host = R"((?:127\.\d+\.\d+\.\d+|localhost|\[::1\]))";
  const std::string with_value = "--(?:sessions|hold|source|from|timeout|rate) ";
  const std::string options = "(?:" + with_value + "\\S+ |(?!" + with_value + ")-\\S+ )*";
  const std::string end = "(?=[/\\s`\"']|$)";
  std::vector<std::pair<boost::regex, int>> ports;
  const auto add = [&](const std::string& before, const KnownService& service) {
    ports.emplace_back("(" + before + host + ")" + end, service.default_port);
  };
  for (const auto& service : known_services()) {
    if (service.tcp_command.empty()) continue;
    const auto prefix = prefix_of_host(service.tcp_command);
    if (!prefix.empty()) add(std::string(prefix), service);
    // The scheme of a URL may be left out.
    if (prefix.empty() || prefix.ends_with("://"))
      add("portlab " + std::string(service.name) + " " + options, service);
  }
  return ports;
}

void shift_lines(std::vector<std::string>& lines, std::uint16_t shift) {
  for (auto& line : lines) line = shifted_line(line, shift);
}

std::string shifted_text(const std::string& markdown, std::uint16_t shift) {
  return with_columns_kept(markdown, shifted_line(markdown, shift));
}

void shift_condition(Condition& condition, std::uint16_t shift) {
  for (auto* end : {&condition.pattern.local, &condition.pattern.remote})
    if (end->port) end->port = shifted_port(*end->port, shift);
  condition.next = shifted_line(condition.next, shift);
  // In an output, "http is on www.lab.test, port 83" depends on this machine; "port 83: well-known"
  // and "default port 80" do not.
  static const boost::regex port_in_output(R"(((?<!default )\bport )(\d{1,5})\b(?!:))");
  condition.text = shift_matches(shifted_line(condition.text, shift), port_in_output, shift);
}

/// The answer to a question about a port may be the number in the text, or the shifted one.
void shift_question(const std::string& text, Question& question, std::uint16_t shift) {
  for (auto& choice : question.choices) choice.text = shifted_line(choice.text, shift);
  shift_lines(question.hints, shift);
  shift_lines(question.explanation, shift);
  for (auto& reason : question.reasons) shift_lines(reason.text, shift);
  if (!question.choices.empty() || text.find("port") == std::string::npos) return;
  static const boost::regex port_number(R"(\d{1,4})");
  const auto is_port = [](const std::string& answer) {
    return boost::regex_match(answer, port_number);
  };
  const auto shifted = [&](const std::string& port) {
    return std::to_string(std::stoi(port) + shift);
  };
  auto& answers = question.answers;
  if (answers.size() == 1 && is_port(answers[0])) answers.push_back(shifted(answers[0]));
  const auto reasons = question.reasons;
  for (const auto& reason : reasons)
    if (is_port(reason.answer)) question.reasons.push_back({shifted(reason.answer), reason.text});
}

/// The attacks of --selftest, too. Where "portlab port 53" stays, which only looks up a number, so does
/// the "portlab port 53/udp" of an attack.
void shift_activity(Activity& activity, std::uint16_t shift) {
  const auto before = activity.commands;
  for (auto* lines :
       {&activity.commands, &activity.auto_commands, &activity.hints, &activity.explanation})
    shift_lines(*lines, shift);
  for (auto& capture : activity.captures) capture.pattern = shifted_line(capture.pattern, shift);
  for (auto& condition : activity.conditions) shift_condition(condition, shift);
  activity.next = shifted_line(activity.next, shift);
  activity.expectation = shifted_line(activity.expectation, shift);
  if (activity.output) *activity.output = shifted_line(*activity.output, shift);
  const bool stays = activity.commands == before;
  for (auto* lines : {&activity.wrong_commands, &activity.other_commands})
    for (auto& line : *lines)
      if (!stays || !line.starts_with("portlab port ")) line = shifted_line(line, shift);
}

std::string missing_for(Need need, bool is_private, std::uint16_t shift) {
  const bool needs_network = need == Need::private_network || need == Need::office;
  if (needs_network && !is_private) return private_network_missing;
  if (need == Need::office) {
    const auto packages = office::missing_packages();
    if (!packages.empty())
      return "the packages " + join(packages, " and ") + ", which this machine does not have";
  }
  if (need == Need::low_ports && shift != 0)
    return "ports below 1024, which this machine does not allow";
  return {};
}

void adapt_activity(Activity& activity, bool is_private, std::uint16_t shift) {
  const auto missing = missing_for(activity.needs, is_private, shift);
  if (!missing.empty()) activity.missing = missing;
  if (!activity.missing.empty()) return;
  // Other programs of this machine have sockets, too: the output would differ. It is compared only
  // where the activity has no other check.
  if (!is_private && !activity.conditions.empty()) activity.output.reset();
  if (shift != 0) shift_activity(activity, shift);
}

}  // namespace

std::string shifted_line(std::string_view line, std::uint16_t shift) {
  std::string text(line);
  // 127.0.0.1:83, [::1]:53, :80; http=83, dns/udp=53; 53/udp; --from 83; an SRV record's priority,
  // weight and port; /dev/tcp/127.0.0.1/80. Not "(?:3" of a capture.
  static const std::array<boost::regex, 6> written{
      boost::regex(R"((^|[^:\d?]|\.\d{1,3}):(\d{1,5})\b(?!:\d))"),
      boost::regex("\\b(" + service_names() + R"()(?:/tcp|/udp)?=(\d{1,5})\b(?![.:]))"),
      boost::regex(R"((^|[\s`'"(])(\d{1,5})/(?=tcp\b|udp\b))"),
      boost::regex(R"((--from )(\d{1,5})\b)"),
      boost::regex(R"((\b0 0 )(\d{1,5})\b)"),
      boost::regex(R"((/dev/(?:tcp|udp)/[^/\s]+/)(\d{1,5})\b)"),
  };
  for (const auto& pattern : written) text = shift_matches(text, pattern, shift);
  static const auto default_ports = make_default_ports();
  for (const auto& [pattern, port] : default_ports)
    text = boost::regex_replace(text, pattern, "$1:" + std::to_string(port + shift));
  return text;
}

Lab without_office(Lab lab) {
  for (auto& part : lab.parts)
    if (auto* activity = std::get_if<Activity>(&part.task))
      activity->missing = "the office, which cannot come up on this machine";
  return lab;
}

Lab without_server(Lab lab, Need server, const std::string& missing) {
  for (auto& part : lab.parts)
    if (auto* activity = std::get_if<Activity>(&part.task))
      if (activity->needs == server) activity->missing = missing;
  return lab;
}

Lab adapted_lab(Lab lab, bool is_private, std::uint16_t shift) {
  if (!is_private) forbid_ports_on_all_addresses(lab);
  for (auto& part : lab.parts) {
    if (auto* activity = std::get_if<Activity>(&part.task))
      adapt_activity(*activity, is_private, shift);
    if (shift == 0) continue;
    if (auto* question = std::get_if<Question>(&part.task))
      shift_question(part.text, *question, shift);
    part.text = shifted_text(part.text, shift);
  }
  if (shift == 0) return lab;
  lab.introduction = shifted_text(lab.introduction, shift);
  lab.recap = shifted_text(lab.recap, shift);
  return lab;
}

std::string text_instead_of(const Activity& activity) {
  std::string text = "This needs " + activity.missing + ". Elsewhere you would type" +
                     (activity.host.empty() ? "" : " on " + activity.host) + ":\n\n```\n";
  for (const auto& command : activity.commands_for_auto()) text += command + "\n";
  text += "```\n";
  const bool shows_something = activity.output && !activity.output->empty();
  return shows_something ? text + "\nand see:\n\n```\n" + *activity.output + "```\n" : text;
}

}  // namespace portlab::labs
