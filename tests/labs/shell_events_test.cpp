#include "labs/runner/shell/shell_events.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab::labs;

namespace {

constexpr const char* ready = "\x1b]777;portlab;4711;ready;\a";
constexpr const char* started = "\x1b]777;portlab;4711;start;\a";

std::string done(int number, int status, const std::string& history) {
  return "\x1b]777;portlab;4711;done;" + std::to_string(number) + ";" + std::to_string(status) +
         ";" + history + "\a";
}

/// "output(x) ready started done(ls, 0) …"
std::string to_text(const std::vector<ShellEvent>& events) {
  static const char* const names[] = {"output", "ready",       "started",  "done",
                                      "empty",  "interrupted", "lab_word", "ended"};
  std::string text;
  for (const auto& event : events) {
    text += (text.empty() ? "" : " ") + std::string(names[static_cast<int>(event.kind)]);
    if (!event.text.empty()) text += "(" + event.text + ")";
    if (event.kind == ShellEvent::Kind::done) text += ":" + std::to_string(event.status);
  }
  return text;
}

std::string parsed(ShellEventParser& parser, const std::string& bytes) {
  std::vector<ShellEvent> events;
  parser.parse(bytes, events);
  return to_text(events);
}

}  // namespace

BOOST_AUTO_TEST_CASE(marks_become_events_and_the_rest_is_output) {
  ShellEventParser parser("4711");
  BOOST_TEST(parsed(parser, std::string("$ ") + ready) == "output($ ) ready");
  BOOST_TEST(parsed(parser, started + std::string("a\nb\n") + done(7, 1, "  3  ls /x")) ==
             "started output(a\nb\n) done(ls /x):1");
  BOOST_TEST(parser.prompt_number() == 7);
  BOOST_TEST(parsed(parser, "\x1b]777;portlab;4711;ask;hint\a") == "lab_word(hint)");
}

BOOST_AUTO_TEST_CASE(a_mark_with_another_nonce_or_with_none_is_output) {
  for (const std::string nonce : {"", ";", "4712;", "471;", "4711", "47114711;"}) {
    ShellEventParser parser("4711");
    const auto printed = "\x1b]777;portlab;" + nonce + "done;7;0;  1  x\a";
    BOOST_TEST(parsed(parser, started + printed) == "started output(" + printed + ")");
    BOOST_TEST(parsed(parser, done(1, 1, "  2  y")) == "done(y):1");
  }
}

BOOST_AUTO_TEST_CASE(a_mark_may_arrive_in_pieces) {
  const auto bytes = "x" + done(1, 0, "  3  ls") + "y";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ShellEventParser parser("4711");
    std::vector<ShellEvent> events;
    parser.parse(bytes.substr(0, cut), events);
    parser.parse(bytes.substr(cut), events);
    BOOST_TEST(to_text(events) == "output(x) done(ls):0 output(y)", "cut at " << cut);
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_starts_no_command_is_empty_or_interrupted_or_a_syntax_error) {
  ShellEventParser parser("4711");
  parsed(parser, started + done(1, 0, "  3  ls"));
  BOOST_TEST(parsed(parser, done(2, 0, "  3  ls")) == "empty");
  BOOST_TEST(parsed(parser, done(3, 130, "  3  ls")) == "interrupted");
  BOOST_TEST(parsed(parser, done(4, 130, "  3  ls")) == "empty");
  BOOST_TEST(parsed(parser, done(5, 130, "  4  # comment")) == "empty");
  BOOST_TEST(parsed(parser, done(6, 2, "  5  echo <a b>")) == "done(echo <a b>):2");
}

BOOST_AUTO_TEST_CASE(an_escape_sequence_of_another_program_without_an_end_is_bounded) {
  ShellEventParser parser("4711");
  const std::string endless = "\x1b]777;portlab;4711;" + std::string(300 * 1024, 'x');
  std::vector<ShellEvent> events;
  parser.parse(endless, events);
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST(events[0].text.size() == 300U * 1024);
}
