#include "clients/net/proc_net.hpp"

#include <sys/socket.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "common/system/file_descriptor.hpp"

namespace portlab {

namespace {

template <class T>
std::optional<T> number(std::string_view digits, int base) {
  T value{};
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

/// "0100007F:0053": words of 32 bits in the order of this machine, whose memory is in network
/// order; the port is a plain number.
std::optional<SocketEnd> parse_end(std::string_view text, bool ipv6) {
  const std::size_t digits = ipv6 ? 32 : 8;
  if (text.size() != digits + 5 || text[digits] != ':') return std::nullopt;
  SocketEnd end;
  if (!ipv6) end.address[10] = end.address[11] = 0xff;
  for (std::size_t i = 0; i < digits / 8; ++i) {
    const auto word = number<std::uint32_t>(text.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    std::memcpy(&end.address[(ipv6 ? 0 : 12) + i * 4], &*word, sizeof *word);
  }
  const auto port = number<std::uint16_t>(text.substr(digits + 1), 16);
  if (!port) return std::nullopt;
  end.port = *port;
  return end;
}

/// "  0: 0100007F:0053 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 4711 …"
std::optional<SocketRow> parse_line(const std::string& line, Transport transport, bool ipv6) {
  std::istringstream words(line);
  std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
  words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >>
      inode;
  const auto here = parse_end(local, ipv6), there = parse_end(remote, ipv6);
  const auto state_number = number<std::uint8_t>(state, 16);
  if (!words || !here || !there || !state_number || queues.size() != 17) return std::nullopt;
  SocketRow row;
  row.transport = transport;
  row.ipv6_socket = ipv6;
  row.state = *state_number == 12 ? TcpState::syn_recv  // TCP_NEW_SYN_RECV
                                  : static_cast<TcpState>(*state_number);
  row.local = *here;
  row.remote = *there;
  row.send_queue = number<std::uint32_t>(std::string_view(queues).substr(0, 8), 16).value_or(0);
  row.receive_queue = number<std::uint32_t>(std::string_view(queues).substr(9), 16).value_or(0);
  row.user_id = number<std::uint32_t>(user, 10).value_or(0);
  row.inode = number<std::uint32_t>(inode, 10).value_or(0);
  return row;
}

bool has_ipv6() { return static_cast<bool>(FileDescriptor(::socket(AF_INET6, SOCK_DGRAM, 0))); }

}  // namespace

void parse_proc_net(std::string_view text, Transport transport, bool ipv6,
                    std::vector<SocketRow>& rows) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);)
    if (const auto row = parse_line(line, transport, ipv6)) rows.push_back(*row);
}

Result<void> read_proc_net(Transport transport, bool ipv6, std::vector<SocketRow>& rows,
                           const std::string& folder) {
  const auto path = folder + "/" + std::string(to_string(transport)) + (ipv6 ? "6" : "");
  errno = 0;
  std::ifstream file(path);
  if (!file) {
    const int error = errno;
    if (ipv6 && error == ENOENT && !has_ipv6()) return {};
    return Error{path + ": " + (error == 0 ? "it can't be read" : std::strerror(error))};
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // Each file begins with a line of headings, also when there is no socket.
  if (text.find("local_address") == std::string::npos)
    return Error{path + ": it has no table of sockets"};
  parse_proc_net(text, transport, ipv6, rows);
  return {};
}

}  // namespace portlab
