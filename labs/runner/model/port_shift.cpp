#include "labs/runner/model/port_shift.hpp"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <cctype>

#include "common/known_services.hpp"
#include "common/port.hpp"
#include "labs/network/lab_network.hpp"

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

/// How a client's target is written without a port, and the port that the client uses then.
struct DefaultPort {
  boost::regex pattern;
  int port;
};

const std::array<DefaultPort, 4>& default_ports() {
  static const std::string host = R"((?:127\.\d+\.\d+\.\d+|localhost|\[::1\]))";
  static const std::string options = R"((?:--(?:sessions|hold|source|from|timeout) \S+ |-\S+ )*)";
  static const std::string end = "(?=[/\\s`\"']|$)";
  static const std::array<DefaultPort, 4> ports{
      DefaultPort{boost::regex("(http://" + host + ")" + end), default_port_of("http")},
      DefaultPort{boost::regex("(ftp://" + host + ")" + end), default_port_of("ftp")},
      DefaultPort{boost::regex("(@" + host + ")" + end), default_port_of("dns")},
      DefaultPort{boost::regex("(portlab echo " + options + host + ")" + end),
                  default_port_of("echo")},
  };
  return ports;
}

void shift_lines(std::vector<std::string>& lines, std::uint16_t shift) {
  for (auto& line : lines) line = shifted_line(line, shift);
}

void shift_condition(Condition& condition, std::uint16_t shift) {
  for (auto* port : {&condition.pattern.local_port, &condition.pattern.remote_port})
    if (*port) *port = shifted_port(**port, shift);
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
  const auto& answer = question.answer;
  const bool is_number = !answer.empty() && answer.size() < 5 &&
                         std::all_of(answer.begin(), answer.end(), [](unsigned char character) {
                           return std::isdigit(character) != 0;
                         });
  if (question.choices.empty() && is_number && text.find("port") != std::string::npos)
    question.answer += " | " + std::to_string(std::stoi(answer) + shift);
}

void shift_activity(Activity& activity, std::uint16_t shift) {
  for (auto* lines :
       {&activity.commands, &activity.auto_commands, &activity.hints, &activity.explanation})
    shift_lines(*lines, shift);
  for (auto& capture : activity.captures) capture.pattern = shifted_line(capture.pattern, shift);
  for (auto& condition : activity.conditions) shift_condition(condition, shift);
  activity.next = shifted_line(activity.next, shift);
  if (activity.output) *activity.output = shifted_line(*activity.output, shift);
}

std::string missing_for(Need need, bool is_private, std::uint16_t shift) {
  if (need == Need::private_network && !is_private) return "a private network";
  if (need == Need::low_ports && shift != 0) return "ports below 1024";
  return {};
}

void adapt_activity(Activity& activity, bool is_private, std::uint16_t shift) {
  activity.missing = missing_for(activity.needs, is_private, shift);
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
  // weight and port; /dev/tcp/127.0.0.1/80.
  static const std::array<boost::regex, 6> written{
      boost::regex(R"((^|[^:\d]|\.\d{1,3}):(\d{1,5})\b(?!:\d))"),
      boost::regex("\\b(" + service_names() + R"()(?:/tcp|/udp)?=(\d{1,5})\b(?![.:]))"),
      boost::regex(R"((^|[\s`'"(])(\d{1,5})/(?=tcp\b|udp\b))"),
      boost::regex(R"((--from )(\d{1,5})\b)"),
      boost::regex(R"((\b0 0 )(\d{1,5})\b)"),
      boost::regex(R"((/dev/(?:tcp|udp)/[^/\s]+/)(\d{1,5})\b)"),
  };
  for (const auto& pattern : written) text = shift_matches(text, pattern, shift);
  for (const auto& [pattern, port] : default_ports())
    text = boost::regex_replace(text, pattern, "$1:" + std::to_string(port + shift));
  return text;
}

Lab adapted_lab(Lab lab, bool is_private, std::uint16_t shift) {
  for (auto& part : lab.parts) {
    if (auto* activity = std::get_if<Activity>(&part.task))
      adapt_activity(*activity, is_private, shift);
    if (shift == 0) continue;
    if (auto* question = std::get_if<Question>(&part.task))
      shift_question(part.text, *question, shift);
    part.text = shifted_line(part.text, shift);
  }
  if (shift != 0) lab.introduction = shifted_line(lab.introduction, shift);
  return lab;
}

std::string text_instead_of(const Activity& activity) {
  std::string text = "This needs " + activity.missing +
                     ", which this machine does not allow. Elsewhere you would type:\n\n```\n";
  for (const auto& command : activity.commands_for_auto()) text += command + "\n";
  return text + "```\n\nand see:\n\n```\n" + activity.output.value_or("") + "```\n";
}

}  // namespace portlab::labs
