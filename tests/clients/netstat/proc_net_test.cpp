#include "clients/net/proc_net.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "clients/net/sock_diag.hpp"
#include "common/net.hpp"

using namespace portlab;

namespace {

constexpr std::string_view heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

std::vector<SocketRow> parsed(const std::string& line, Transport transport, bool ipv6) {
  std::vector<SocketRow> rows;
  parse_proc_net(std::string(heading) + line + "\n", transport, ipv6, rows);
  return rows;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_line_of_ipv4_is_read) {
  const auto rows = parsed(
      "   0: 0100007F:0053 0100007F:9C40 01 0000000A:00000003 00:00000000 00000000  1000        0 "
      "4711 1 0000000000000000 20 4 30 10 -1",
      Transport::tcp, false);
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST((rows[0].local == socket_end(asio::ip::make_address("127.0.0.1"), 83)));
  BOOST_TEST((rows[0].remote == socket_end(asio::ip::make_address("127.0.0.1"), 40000)));
  BOOST_TEST((rows[0].state == TcpState::established));
  BOOST_TEST(rows[0].send_queue == 10U);
  BOOST_TEST(rows[0].receive_queue == 3U);
  BOOST_TEST(rows[0].user_id == 1000U);
  BOOST_TEST(rows[0].inode == 4711U);
  BOOST_TEST(!rows[0].ipv6_socket);
}

BOOST_AUTO_TEST_CASE(a_line_of_ipv6_is_read) {
  const auto rows = parsed(
      "   1: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 "
      "00000000:00000000 00:00000000 00000000     0        0 12 2 0000000000000000 0",
      Transport::udp, true);
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST((rows[0].local == socket_end(asio::ip::make_address("::1"), 53)));
  BOOST_TEST(rows[0].remote.is_any());
  BOOST_TEST(rows[0].is_listener());
  BOOST_TEST(rows[0].ipv6_socket);
}

BOOST_AUTO_TEST_CASE(other_lines_are_skipped) {
  for (const auto* line :
       {"", "x", "0: 0100007F:0053", "0: 0100007F 0100007F:9C40 01 00000000:00000000 0 0 0 0 0",
        "0: 0100007G:0053 0100007F:9C40 01 00000000:00000000 0 0 0 0 0",
        "0: 0100007F:0053 0100007F:9C40 01 0:0 0 0 0 0 0"})
    BOOST_TEST(parsed(line, Transport::tcp, false).empty(), line);
}

BOOST_AUTO_TEST_CASE(it_shows_the_same_sockets_as_the_kernel_does_by_netlink) {
  asio::io_context context;
  for (const auto* text : {"127.0.0.1", "::1"}) {
    const auto address = asio::ip::make_address(text);
    asio::ip::tcp::acceptor acceptor(context);
    boost::system::error_code failed;
    acceptor.open(address.is_v4() ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), failed);
    if (!failed) acceptor.bind({address, 0}, failed);
    if (failed) continue;  // no IPv6
    acceptor.listen();
    const auto local = socket_end(address, acceptor.local_endpoint().port());
    const auto is_ours = [&](const SocketRow& row) { return row.local == local; };
    std::vector<SocketRow> rows;
    BOOST_REQUIRE(read_proc_net(Transport::tcp, address.is_v6(), rows));
    const auto kernel = read_sockets().value();
    const auto one = std::find_if(rows.begin(), rows.end(), is_ours);
    const auto other = std::find_if(kernel.begin(), kernel.end(), is_ours);
    BOOST_REQUIRE(one != rows.end());
    BOOST_REQUIRE(other != kernel.end());
    BOOST_TEST((one->state == other->state));
    BOOST_TEST(one->inode == other->inode);
    BOOST_TEST(one->user_id == other->user_id);
    BOOST_TEST(one->ipv6_socket == other->ipv6_socket);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_or_has_no_table_is_an_error) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("portlab-proc-net-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "udp").close();
  std::ofstream(folder / "tcp") << heading;
  std::vector<SocketRow> rows;
  BOOST_TEST(bool(read_proc_net(Transport::tcp, false, rows, folder)));
  BOOST_TEST(!read_proc_net(Transport::udp, false, rows, folder));
  std::filesystem::remove(folder / "tcp");
  const auto missing = read_proc_net(Transport::tcp, false, rows, folder);
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().text.find("tcp: No such file") != std::string::npos);
  BOOST_TEST(rows.empty());
  std::filesystem::remove_all(folder);
}
