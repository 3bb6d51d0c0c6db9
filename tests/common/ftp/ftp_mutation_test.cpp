// The parsers of FTP accept or refuse any bytes: a fixed number of mutated dialogues with a fixed
// seed. The builds with sanitizers find memory errors here.

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "common/ftp/command_line.hpp"
#include "common/ftp/data_address.hpp"
#include "common/ftp/mlst_facts.hpp"
#include "common/ftp/reply.hpp"
#include "common/ftp/telnet.hpp"

using namespace portlab::ftp;

namespace {

const std::vector<std::string> seeds = {
    "USER anonymous\r\nPASS me@lab.test\r\n", "PORT 127,0,0,1,195,80\r\nEPRT |2|::1|50000|\r\n",
    // \362, not \xf2: the A of ABOR would be one more hexadecimal digit.
    "\xff\xf4\xff\362ABOR\r\n\xff\xfd\x01\xff\xfa\x18\x01\xff\xf0NOOP\r\n",
    "227 Entering Passive Mode (127,0,0,1,195,80)\r\n229 Fine (|||50000|)\r\n",
    "211-Features:\r\n MLST type*;size*;\r\n211 End\r\n257 \"/a \"\"b\"\"\" is here\r\n",
    "type=file;size=14;modify=20240102030405.5;perm=r;unique=8U12; hello.txt\r\n"};

std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % std::max<std::size_t>(n, 1); };
  for (auto count = below(6); count > 0 && !text.empty(); --count) {
    const auto at = below(text.size());
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, below(8));
        break;
      case 2:
        text.insert(at, 1 + below(3), static_cast<char>(random()));
        break;
      default:
        text += text.substr(at, below(20));
    }
  }
  return text;
}

void read_everything(const std::string& bytes) {
  constexpr std::size_t limit = 64;
  ControlReader reader(limit);
  ReplyReader replies;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto count = reader.read(rest);
    BOOST_REQUIRE(count > 0);
    BOOST_REQUIRE(reader.take_telnet_replies().size() <= count);
    rest.remove_prefix(count);
    const auto line = reader.take_line();
    if (!line) continue;
    BOOST_REQUIRE(line->text.size() <= limit);
    const auto command = parse_command(line->text);
    if (const auto sent = format_command(command))
      BOOST_REQUIRE(sent->find('\n') == sent->size() - 1);
    static_cast<void>(parse_six_numbers(command.argument));
    static_cast<void>(parse_extended_port(command.argument));
    static_cast<void>(parse_fact_names(command.argument));
    static_cast<void>(parse_facts(line->text));
    static_cast<void>(parse_passive_text(line->text));
    static_cast<void>(parse_extended_passive_text(line->text));
    static_cast<void>(unquote_path(line->text));
    static_cast<void>(replies.add_line(line->text));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(mutated_dialogues_are_parsed_or_refused) {
  std::mt19937 random(959);
  for (int round = 0; round < 20'000; ++round)
    read_everything(mutated(seeds[random() % seeds.size()], random));
}
