#include <boost/test/unit_test.hpp>

#include "labs/runner/model/alternatives.hpp"
#include "labs/runner/model/lint.hpp"

using namespace portlab;
using namespace portlab::labs;

namespace {

const std::string a_lab = "# Lab 1: T\n\n## 1. S\n\n```sh\nls\n```\n\n## 2. S\n\nThe end.\n";

/// A lab with one activity, and these lines in its check.
std::string with_check(const std::string& lines) {
  return "# Lab 1: T\n\n## 1. S\n\n```sh\nls\n```\n\n<!-- check\n" + lines + "\n-->\n";
}

std::string faults_of(const std::string& text) {
  return to_text("x.md", parse_lab(text, "x.md").faults);
}

std::string lint_of(const Lab& lab) { return to_text("x.md", lint(lab)); }

}  // namespace

BOOST_AUTO_TEST_CASE(commands_of_the_selftest_belong_to_a_check) {
  const auto lab = parse_lab(with_check("listening tcp 83\nnext: n\nwrong: true\nwrong: echo {a}\n"
                                        "also: one; two\nalso: three"),
                             "x.md")
                       .lab;
  const auto& activity = std::get<Activity>(lab.parts.at(0).task);
  BOOST_TEST(activity.wrong_commands == (std::vector<std::string>{"true", "echo {a}"}));
  BOOST_TEST(activity.other_commands == (std::vector<std::string>{"one; two", "three"}));
  BOOST_TEST(lint_of(lab).find("{a} was not captured") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_to_do_next_depends_on_the_condition_that_fails) {
  const auto lab =
      parse_lab(with_check("exit 0\nlistening tcp 83\nnext: first\nexit 1\nnext: second"), "x.md")
          .lab;
  const auto& activity = std::get<Activity>(lab.parts.at(0).task);
  BOOST_TEST(activity.conditions.at(0).next == "first");
  BOOST_TEST(activity.conditions.at(1).next == "first");
  BOOST_TEST(activity.conditions.at(2).next == "second");
  BOOST_TEST(activity.next == "second");
}

BOOST_AUTO_TEST_CASE(a_recap_is_the_text_at_the_end) {
  const std::string end = "\n## Recap\n\nThat was it.\n\n```text\na -> b\n```\n";
  const auto lab = parse_lab(a_lab + end, "x.md");
  BOOST_TEST(to_text("x.md", lab.faults) == "");
  BOOST_TEST(lab.lab.recap == "That was it.\n\n```\na -> b\n```");
  BOOST_TEST(lab.lab.steps.size() == 2U);
  BOOST_TEST(lab.lab.parts.back().text == "The end.");
  const auto has_fault = [&](const std::string& more, const std::string& fault) {
    const auto faults = faults_of(a_lab + more);
    BOOST_TEST(faults.find(fault) != std::string::npos, more << faults);
  };
  has_fault("\n## Recap\n", "the recap is empty");
  has_fault(end + "\n## 3. More\n\nText.\n", "the recap is the last part");
  has_fault(end + end, "a second recap");
  has_fault(end + "\n<!-- check\nexit 0\nnext: n\ndo: true\n-->\n", "a recap is text alone");
  const std::string wide = "\n## Recap\n\nA.\n\n```text\n" + std::string(77, 'x') + "\n```\n";
  BOOST_TEST(lint_of(parse_lab(a_lab + wide, "x.md").lab).find("76 columns") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_alternatives_of_a_lab_use_other_commands_and_leave_out_optional_steps) {
  const auto step = [](const std::string& title, const std::string& also) {
    return "## " + title +
           "\n\n```sh\nown\n```\n\n```output\no\n```\n\n<!-- check\nexit 0\nnext: n\n" + also +
           "-->\n\n";
  };
  const auto text = "# Lab 1: A\n\n<!-- lab\nminutes: 1\n-->\n\n" +
                    step("1. A", "also: a\nalso: b\n") +
                    step("2. B (for the curious)", "also: c\n") + step("3. C", "");
  const auto lab = parse_lab(text, "x.md").lab;
  BOOST_TEST(!lab.is_optional(0));
  BOOST_TEST(lab.is_optional(1));
  std::string commands;
  for (const auto& alternative : alternatives_of(lab)) {
    for (const auto& part : alternative.parts) {
      const auto& activity = std::get<Activity>(part.task);
      commands += std::to_string(part.step + 1) + activity.commands_for_auto().at(0) + " ";
      BOOST_TEST(!activity.compares_output);
    }
    commands += "/ ";
  }
  BOOST_TEST(commands == "1a 3own / 1b 2c 3own / ");
  BOOST_TEST(alternatives_of(parse_lab(a_lab, "x.md").lab).empty());
}

BOOST_AUTO_TEST_CASE(lint_wants_a_recap_attacks_and_a_command_to_type_next) {
  const auto lint_with = [](const std::string& lines) {
    return lint_of(parse_lab(with_check(lines), "x.md").lab);
  };
  const auto faults = lint_with("exit 0\nnext: the next of these\noutput x\nnext: a, then b");
  for (const auto* expected :
       {"no recap", "a check without wrong:", "'the next of these' is not one command",
        "'a, then b' is not one command"})
    BOOST_TEST(faults.find(expected) != std::string::npos, faults);
  const auto good = lint_with("exit 0\nnext: ls\nwrong: true");
  BOOST_TEST(good.find("wrong:") == std::string::npos);
  BOOST_TEST(good.find("not one command") == std::string::npos);
  const auto of = [&](const std::string& needs) {
    const std::string check = "<!-- check\nexit 0\nnext: n\n" + needs +
                              "do: portlab server listen http=0.0.0.0:90\n-->\n";
    return lint_of(parse_lab("# Lab 1: T\n\n## 1. S\n\nText.\n\n" + check, "x.md").lab);
  };
  BOOST_TEST(of("").find("a port on all addresses") != std::string::npos);
  BOOST_TEST(of("needs: private network\n").find("a port on all") == std::string::npos);
}

namespace {

/// A lab with an office, and this in its step.
std::string in_office(const std::string& step) {
  return "# Lab 1: T\n\n<!-- lab\nminutes: 1\nnetwork: office\n-->\n\n## 1. S\n\n" + step;
}

}  // namespace

BOOST_AUTO_TEST_CASE(in_an_office_each_command_and_each_socket_has_a_host) {
  const auto parsed = parse_lab(
      in_office(
          "```sh\non pc1: ls\non pc1: cat <<EOF\non pc2: text\nEOF\n```\n\n```output\nx\n```\n\n"
          "<!-- check\nlistening on server1 tcp 80\nwrong: on pc1: true\n"
          "wrong: on pc2: ls\nalso: on pc1: ls -l\n-->\n"),
      "x.md");
  BOOST_TEST(to_text("x.md", parsed.faults) == "");
  BOOST_TEST(parsed.lab.has_office);
  BOOST_TEST(!parsed.lab.servers.has_value());
  const auto& activity = std::get<Activity>(parsed.lab.parts.at(0).task);
  BOOST_TEST(activity.host == "pc1");
  BOOST_TEST(activity.commands == (std::vector<std::string>{"ls", "cat <<EOF\non pc2: text\nEOF"}));
  BOOST_TEST(activity.wrong_commands == (std::vector<std::string>{"true", "on pc2: ls"}));
  BOOST_TEST(activity.other_commands == (std::vector<std::string>{"ls -l"}));
  BOOST_TEST(activity.conditions.at(0).host == "server1");
  const auto at_do =
      parse_lab(in_office("Do it.\n\n<!-- check\nsockets on router tcp count 1\ndo: on router: a\n"
                          "do: on pc3: b\nnext: n\n-->\n"),
                "x.md");
  const auto& done = std::get<Activity>(at_do.lab.parts.at(0).task);
  BOOST_TEST(done.host == "router");
  BOOST_TEST(done.auto_commands == (std::vector<std::string>{"a", "on pc3: b"}));
}

BOOST_AUTO_TEST_CASE(a_missing_or_unknown_host_is_a_fault) {
  const auto has_fault = [](const std::string& text, const std::string& fault) {
    const auto faults = faults_of(text);
    BOOST_TEST(faults.find(fault) != std::string::npos, faults << " | " << fault);
  };
  has_fault(in_office("```sh\nls\n```\n"), "x.md:10: 'ls': on which host? on pc1: ls");
  has_fault(in_office("```sh\non pc9: ls\n```\n"), "no host 'pc9': there are pc1, ");
  has_fault(in_office("```sh\non pc1: ls\non pc2: ls\n```\n"), "run on one host, here pc1");
  has_fault(in_office("```sh\non pc1: ls\n```\n\n<!-- check\nlistening tcp 80\n-->\n"),
            "whose tcp listeners on port 80?");
  has_fault(in_office("```sh\non pc1: ls\n```\n\n<!-- check\nlistening on pc9 tcp 80\n-->\n"),
            "no host 'pc9'");
  has_fault(in_office("```sh\non pc1: ls\n```\n\n<!-- check\nwrong: ls\nexit 0\n-->\n"),
            "'ls': on which host?");
  has_fault(with_check("listening on pc1 tcp 80"), "this lab has no hosts");
  has_fault("# Lab 1: T\n\n<!-- lab\nnetwork: wifi\n-->\n\n## 1. S\n\nText.\n",
            "network: 'wifi' is neither");
  has_fault("# Lab 1: T\n\n<!-- lab\nnetwork: office\nservers: echo\n-->\n\n## 1. S\n\nText.\n",
            "servers: an office has its own");
  has_fault("# Lab 1: T\n\n<!-- lab\nnetwork: office with smb,ftp\n-->\n\n## 1. S\n\nText.\n",
            "the office has no server 'ftp': there are smb and rdp");
  has_fault(in_office("```sh\non pc1: ls\n```\n\n<!-- check\nneeds: smb\nexit 0\n-->\n"),
            "network: office with smb,rdp");
  const auto lab = parse_lab(in_office("```sh\non pc1: ls\n```\n"), "x.md").lab;
  BOOST_TEST(lint_of(lab).find("network: office: without ```output") != std::string::npos);
}
