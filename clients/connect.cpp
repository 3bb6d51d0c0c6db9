// portlab connect: raw bytes from and to the terminal, as telnet and nc do.

#include "clients/card.hpp"
#include "clients/dial.hpp"
#include "clients/failure.hpp"
#include "clients/options.hpp"

namespace portlab {

int run_connect(const Arguments& arguments) {
  const Manual manual{"connect",
                      "HOST:PORT",
                      {{{"portlab connect 127.0.0.1:80", "talk HTTP by hand"},
                        {"portlab connect 127.0.0.1:21", "talk FTP by hand"},
                        {"portlab connect --sessions 5 --hold 30 127.0.0.1:80", "hold five"}}}};
  CommandLine line(manual);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(1, 1);
  const auto where = parse_host_and_port(line.operands()[0]);
  if (!where) throw line.wrong(where.error().text);
  if (!where->port) throw line.wrong("the port is missing", line.operands()[0] + ":80");
  const auto sessions = dial_all({Transport::tcp, where->host, *where->port}, *options);
  for (const auto& session : sessions) show_card(card_of(session, {}, 0, *options), *options);
  hold(*options);
  return 0;
}

}  // namespace portlab
