// portlab tour: a demonstration of two minutes, of ports or of the office.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/net/sock_diag.hpp"
#include "labs/tour/tours.hpp"

namespace portlab {

namespace {

void show_result(Demonstration& demo, const ShownTour& shown) {
  const auto checks = std::to_string(demo.checks());
  if (demo.failed().empty())
    demo.begin("Every check passed", std::to_string(shown.scenes) + " scenes, " + checks +
                                         " checks on real sockets. " + shown.next);
  else
    demo.begin("Some checks failed", std::to_string(demo.failed().size()) + " of " + checks +
                                         " checks failed; they are marked FAILED above.");
}

}  // namespace

int run_tour(const Arguments& arguments) {
  CommandLine line({"tour",
                    "[office]",
                    {{{"portlab tour", "what ports are: five scenes, Enter between them"},
                      {"portlab tour office", "an office: one address, NAT, two firewalls"},
                      {"portlab tour </dev/null", "without pauses"}}},
                    "With --json only the result of the checks is printed."},
                   Shared::json);
  bool verbose = false;
  line.add()("verbose,v", po::bool_switch(&verbose),
             "also how the server is confined; of the office, the commands that make it");
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(0, 1);
  const bool is_office = !line.operands().empty();
  if (is_office && line.operands().front() != "office")
    throw line.wrong("there is no tour '" + printable(line.operands().front()) + "'",
                     "portlab tour, or portlab tour office");

  if (const auto table = read_socket_table(); !table.complete())
    throw CommandError(Exit::failed,
                       "tour: it checks what it shows in the kernel's socket table, which is "
                       "unknown here: " +
                           (table.no_tcp.empty() ? table.no_udp : table.no_tcp),
                       "portlab doctor (what works here)");
  Demonstration demo(options->json, verbose);
  ShownTour shown;
  try {
    shown = is_office ? show_office(demo) : show_ports(demo);
  } catch (const TourEnded&) {
    demo.say(std::string("The tour has ended. It begins again with portlab tour") +
             (is_office ? " office." : "."));
    return demo.failed().empty() ? 0 : 1;
  }
  show_result(demo, shown);
  if (options->json)
    print_json({{"scenes", shown.scenes},
                {"checks", demo.checks()},
                {"place", shown.place},
                {"not_true", boost::json::value_from(demo.failed())}});
  return demo.failed().empty() ? 0 : 1;
}

}  // namespace portlab
