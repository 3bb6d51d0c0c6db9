#include "labs/runner/shift.hpp"

#include <boost/regex.hpp>

namespace portlab::labs {

namespace {

constexpr int first_registered = 1024;

/// Replaces the number that is the pattern's second group, where it is a well-known port.
std::string add(const std::string& text, const boost::regex& pattern, int shift) {
  std::string out;
  auto rest = text.cbegin();
  for (boost::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end;
       ++found) {
    const int port = std::stoi((*found)[2].str());
    out.append(rest, (*found)[2].first);
    out += std::to_string(port < first_registered ? port + shift : port);
    rest = (*found)[2].second;
  }
  return out.append(rest, text.cend());
}

std::string port(int home, int shift) { return ":" + std::to_string(home + shift); }

void shift_condition(Condition& condition, int shift) {
  for (auto* number : {&condition.pattern.local_port, &condition.pattern.remote_port})
    if (*number && **number > 0 && **number < first_registered)
      *number = static_cast<std::uint16_t>(**number + shift);
  condition.text = shifted_line(condition.text, static_cast<std::uint16_t>(shift));
}

}  // namespace

std::string shifted_line(std::string_view line, std::uint16_t by) {
  const int shift = by;
  std::string text(line);
  // What is written: 127.0.0.1:83, [::1]:53, :80, http=83, dns/udp=127.0.0.1:53.
  static const boost::regex written(R"((^|[^:]):(\d{1,5})\b)");
  static const boost::regex service(R"(\b(http|ftp|dns|echo)(?:/tcp|/udp)?=(\d{1,5})\b(?![.:]))");
  text = add(text, written, shift);
  text = add(text, service, shift);
  // What is not: the home port that the client would take.
  static const std::string host = R"((127\.\d+\.\d+\.\d+|localhost|\[::1\]))";
  text = boost::regex_replace(text, boost::regex("(http://" + host + ")(?=[/\\s]|$)"),
                              "$1" + port(80, shift));
  text = boost::regex_replace(text, boost::regex("(ftp://" + host + ")(?=[/\\s]|$)"),
                              "$1" + port(21, shift));
  text =
      boost::regex_replace(text, boost::regex("(@" + host + ")(?=\\s|$)"), "$1" + port(53, shift));
  return boost::regex_replace(text, boost::regex("(portlab echo (?:-\\S+ )*" + host + ")(?=\\s|$)"),
                              "$1" + port(7, shift));
}

Lab shifted(Lab lab, std::uint16_t shift) {
  for (auto& part : lab.parts) {
    auto* activity = std::get_if<Activity>(&part.task);
    if (activity == nullptr) continue;
    for (auto* lines : {&activity->commands, &activity->unattended})
      for (auto& line : *lines) line = shifted_line(line, shift);
    for (auto& one : activity->captures) one.pattern = shifted_line(one.pattern, shift);
    for (auto& condition : activity->conditions) shift_condition(condition, shift);
    activity->next = shifted_line(activity->next, shift);
    activity->output.reset();
    // Something must be done all the same.
    if (activity->conditions.empty()) {
      Condition any;
      any.kind = Condition::Kind::output;
      activity->conditions.push_back(any);
    }
  }
  return lab;
}

}  // namespace portlab::labs
