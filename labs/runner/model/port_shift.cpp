#include "labs/runner/model/port_shift.hpp"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <cctype>

#include "common/known_services.hpp"

namespace portlab::labs {

namespace {

constexpr int first_registered = 1024;

/// Adds to the number that is the pattern's second group, where it is a well-known port.
std::string add(const std::string& text, const boost::regex& pattern, int shift) {
  std::string out;
  auto rest = text.cbegin();
  for (boost::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end;
       ++found) {
    const int port = std::stoi((*found)[2].str());
    out.append(rest, (*found)[2].first);
    out += std::to_string(port > 0 && port < first_registered ? port + shift : port);
    rest = (*found)[2].second;
  }
  return out.append(rest, text.cend());
}

/// For a regular expression: "http|ftp|dns|echo".
std::string service_names() {
  std::string names;
  for (const auto& service : known_services())
    names += (names.empty() ? "" : "|") + std::string(service.name);
  return names;
}

/// Puts a port behind the pattern, where a client would take its default port.
struct HomePort {
  boost::regex pattern;
  int port;
};

const std::array<HomePort, 4>& default_ports() {
  static const std::string host = R"((?:127\.\d+\.\d+\.\d+|localhost|\[::1\]))";
  static const std::string options = R"((?:--(?:sessions|hold|source|from|timeout) \S+ |-\S+ )*)";
  static const std::array<HomePort, 4> all{
      HomePort{boost::regex("(http://" + host + ")(?=[/\\s`\"']|$)"), default_port_of("http")},
      HomePort{boost::regex("(ftp://" + host + ")(?=[/\\s`\"']|$)"), default_port_of("ftp")},
      HomePort{boost::regex("(@" + host + ")(?=[\\s`\"']|$)"), default_port_of("dns")},
      HomePort{boost::regex("(portlab echo " + options + host + ")(?=[\\s`\"']|$)"),
               default_port_of("echo")},
  };
  return all;
}

void shift_condition(Condition& condition, std::uint16_t shift) {
  for (auto* number : {&condition.pattern.local_port, &condition.pattern.remote_port})
    if (*number && **number > 0 && **number < first_registered)
      *number = static_cast<std::uint16_t>(**number + shift);
  // "http is on www.lab.test, port 83" is what this machine does; "port 83: well-known" and a home
  // port are facts.
  static const boost::regex said(R"(((?<!home )\bport )(\d{1,5})\b(?!:))");
  condition.text = add(shifted_line(condition.text, shift), said, shift);
}

void shift_all(std::vector<std::string>& lines, std::uint16_t shift) {
  for (auto& line : lines) line = shifted_line(line, shift);
}

/// Who is asked for a port may also say what the text says.
void shift_question(const std::string& text, Question& question, std::uint16_t shift) {
  for (auto& choice : question.choices) choice.text = shifted_line(choice.text, shift);
  shift_all(question.hints, shift);
  shift_all(question.because, shift);
  const auto& answer = question.answer;
  const bool is_number = !answer.empty() && answer.size() < 5 &&
                         std::all_of(answer.begin(), answer.end(), [](unsigned char letter) {
                           return std::isdigit(letter) != 0;
                         });
  if (question.choices.empty() && is_number && text.find("port") != std::string::npos)
    question.answer += " | " + std::to_string(std::stoi(answer) + shift);
}

void shift_activity(Activity& activity, std::uint16_t shift) {
  for (auto* lines : {&activity.commands, &activity.unattended, &activity.hints, &activity.why})
    shift_all(*lines, shift);
  for (auto& one : activity.captures) one.pattern = shifted_line(one.pattern, shift);
  for (auto& condition : activity.conditions) shift_condition(condition, shift);
  activity.next = shifted_line(activity.next, shift);
}

/// Beside the lab other programs have sockets: what is printed is not compared there.
/// Unless there is nothing else that tells whether it is done.
void forget_output(Activity& activity, std::uint16_t shift) {
  if (!activity.conditions.empty()) activity.output.reset();
  if (activity.output) activity.output = shifted_line(*activity.output, shift);
}

std::string lack(Need need, bool is_private, std::uint16_t shift) {
  if (need == Need::private_network && !is_private) return "a private network";
  if (need == Need::low_ports && shift != 0) return "ports below 1024";
  return {};
}

}  // namespace

std::string shifted_line(std::string_view line, std::uint16_t shift) {
  std::string text(line);
  // What is written: 127.0.0.1:83, [::1]:53, :80, http=83, dns/udp=127.0.0.1:53, 53/udp, --from 83.
  static const std::array<boost::regex, 6> written{
      boost::regex(R"((^|[^:\d]|\.\d{1,3}):(\d{1,5})\b(?!:\d))"),
      boost::regex("\\b(" + service_names() + R"()(?:/tcp|/udp)?=(\d{1,5})\b(?![.:]))"),
      boost::regex(R"((^|[\s`'"(])(\d{1,5})/(?=tcp\b|udp\b))"),
      boost::regex(R"((--from )(\d{1,5})\b)"),
      boost::regex(R"((\b0 0 )(\d{1,5})\b)"),  // an SRV record's priority, weight and port
      boost::regex(R"((/dev/(?:tcp|udp)/[^/\s]+/)(\d{1,5})\b)"),
  };
  for (const auto& pattern : written) text = add(text, pattern, shift);
  // What is not: the default port that the client would take.
  for (const auto& [pattern, port] : default_ports())
    text = boost::regex_replace(text, pattern, "$1:" + std::to_string(port + shift));
  return text;
}

Lab fitted(Lab lab, bool is_private, std::uint16_t shift) {
  for (auto& part : lab.parts) {
    auto* activity = std::get_if<Activity>(&part.task);
    if (activity != nullptr) activity->lacking = lack(activity->needs, is_private, shift);
    if (activity != nullptr && activity->lacking.empty() && !is_private)
      forget_output(*activity, shift);
    if (shift == 0) continue;
    if (auto* question = std::get_if<Question>(&part.task))
      shift_question(part.text, *question, shift);
    if (activity != nullptr && activity->lacking.empty()) shift_activity(*activity, shift);
    part.text = shifted_line(part.text, shift);
  }
  if (shift != 0) lab.introduction = shifted_line(lab.introduction, shift);
  return lab;
}

}  // namespace portlab::labs
