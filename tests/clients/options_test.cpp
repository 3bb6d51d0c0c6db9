#include "clients/cli/options.hpp"

#include <boost/test/unit_test.hpp>

#include "clients/cli/command_error.hpp"
#include "clients/net/resolver.hpp"

using namespace portlab;

namespace {

constexpr Manual manual{"echo", "HOST [TEXT]", {{{"a", "b"}, {"c", "d"}, {"e", "f"}}}};

ClientOptions parsed(const Arguments& arguments) {
  CommandLine line(manual);
  return line.parse(arguments).value();
}

std::string error_of(const Arguments& arguments) {
  CommandLine line(manual);
  bool flag = false;
  std::string text;
  line.add()("flag", po::bool_switch(&flag), "")("text", po::value(&text), "");
  try {
    line.parse(arguments);
  } catch (const CommandError& failure) {
    BOOST_TEST(static_cast<int>(failure.exit()) == 2);
    return failure.text();
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_options_the_defaults_hold) {
  const auto options = parsed({"host"});
  BOOST_TEST(options.from == 0);
  BOOST_TEST(options.sessions == 1U);
  BOOST_TEST(options.timeout.count() == 5000);
  BOOST_TEST(options.hold.count() == 0);
  BOOST_TEST(!options.source.has_value());
  BOOST_TEST(!options.dns.has_value());
}

BOOST_AUTO_TEST_CASE(options_may_be_anywhere) {
  CommandLine line(manual);
  const auto options = line.parse({"host", "--from", "40000", "text", "-4", "--json"}).value();
  BOOST_TEST(options.from == 40000);
  BOOST_TEST(options.ipv4_only);
  BOOST_TEST(options.json);
  BOOST_TEST(line.operands() == (Arguments{"host", "text"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(after_two_dashes_nothing_is_an_option) {
  CommandLine line(manual);
  line.parse({"host", "--", "--json", "-4"});
  BOOST_TEST(line.operands() == (Arguments{"host", "--json", "-4"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_operand_is_an_operand) {
  CommandLine line(manual);
  line.parse({"host", ""});
  BOOST_TEST(line.operands().size() == 2U);
}

BOOST_AUTO_TEST_CASE(limits_hold_at_their_edges) {
  BOOST_TEST(parsed({"--sessions", "1"}).sessions == 1U);
  BOOST_TEST(parsed({"--sessions", "10000"}).sessions == 10'000U);
  BOOST_TEST(error_of({"--sessions", "0"}) != "");
  BOOST_TEST(error_of({"--sessions", "10001"}) != "");
  BOOST_TEST(parsed({"--timeout", "0.001"}).timeout.count() == 1);
  BOOST_TEST(parsed({"--timeout", "86400"}).timeout.count() == 86'400'000);
  BOOST_TEST(error_of({"--timeout", "0.0004"}) != "");
  BOOST_TEST(error_of({"--timeout", "86400.1"}) != "");
  BOOST_TEST(error_of({"--timeout", "-1"}) != "");
  BOOST_TEST(error_of({"--timeout", "inf"}) != "");
  BOOST_TEST(error_of({"--from", "65536"}) != "");
}

BOOST_AUTO_TEST_CASE(every_mistake_is_named_with_what_to_do) {
  BOOST_TEST(error_of({"--flga"}) == "portlab: echo: there is no option --flga\n  try: --flag\n");
  BOOST_TEST(error_of({"--flag=yes"}).find("--flag") != std::string::npos);
  BOOST_TEST(error_of({"--text"}).find("--text: its value is missing") != std::string::npos);
  BOOST_TEST(error_of({"--text", "a", "--text", "b"}).find("twice") != std::string::npos);
  BOOST_TEST(error_of({"-z"}).find("no option -z") != std::string::npos);
  for (const auto& arguments :
       {Arguments{"--nonsense"}, Arguments{"--text"}, Arguments{"-4", "-6"}, Arguments{"--="}})
    BOOST_TEST(error_of(arguments).find("\n  try: ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_option_is_never_guessed_from_its_beginning) {
  BOOST_TEST(error_of({"--jso"}) == "portlab: echo: there is no option --jso\n  try: --json\n");
}

BOOST_AUTO_TEST_CASE(operands_are_counted) {
  CommandLine line(manual);
  line.parse({"one", "two", "three"});
  line.expect_operands(1, 3);
  BOOST_CHECK_THROW(line.expect_operands(1, 2), CommandError);
  BOOST_CHECK_THROW(line.expect_operands(4, 9), CommandError);
}

BOOST_AUTO_TEST_CASE(the_nearest_word_is_near) {
  const std::vector<std::string_view> words{"http", "echo", "netstat", "port", "ftp"};
  BOOST_TEST(nearest("htpp", words) == "http");
  BOOST_TEST(nearest("ehco", words) == "echo");
  BOOST_TEST(nearest("net", words) == "netstat");
  BOOST_TEST(nearest("netstta", words) == "netstat");
  BOOST_TEST(nearest("prot", words) == "port");
  BOOST_TEST(nearest("xyzzy", words) == "");
  BOOST_TEST(nearest("", words) == "");
}

BOOST_AUTO_TEST_CASE(seconds_are_read_and_written) {
  using std::chrono::milliseconds;
  const auto read = [](std::string_view text) {
    return parse_seconds(text, milliseconds(0), milliseconds(100'000)).value().count();
  };
  BOOST_TEST(read("5") == 5000);
  BOOST_TEST(read("0.25") == 250);
  BOOST_TEST(read(".5") == 500);
  BOOST_TEST(in_seconds(milliseconds(5000)) == "5 s");
  BOOST_TEST(in_seconds(milliseconds(250)) == "0.25 s");
  BOOST_TEST(in_seconds(milliseconds(1001)) == "1.001 s");
}

BOOST_AUTO_TEST_CASE(sizes_have_units) {
  BOOST_TEST(parse_size("1").value() == 1);
  BOOST_TEST(parse_size("100k").value() == 102'400);
  BOOST_TEST(parse_size("4M").value() == 4'194'304);
  for (const auto* wrong : {"", "k", "0", "0M", "-1", "1.5M", "1G", "4 M", "99999999999999999999"})
    BOOST_TEST(!parse_size(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(lab_names_are_distinguished_from_others) {
  for (const auto* name : {"lab.test", "www.lab.test", "WWW.Lab.Test.", "a.b.lab.test"})
    BOOST_TEST(is_lab_name(name), name);
  for (const auto* name : {"notlab.test", "lab.test.org", "test", "", "."})
    BOOST_TEST(!is_lab_name(name), name);
}
