#include "clients/net/socket_row.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace portlab {

namespace {

constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::string_view to_string(TcpState state) {
  switch (state) {
    case TcpState::established:
      return "ESTABLISHED";
    case TcpState::syn_sent:
      return "SYN_SENT";
    case TcpState::syn_recv:
      return "SYN_RECV";
    case TcpState::fin_wait1:
      return "FIN_WAIT1";
    case TcpState::fin_wait2:
      return "FIN_WAIT2";
    case TcpState::time_wait:
      return "TIME_WAIT";
    case TcpState::close:
      return "CLOSE";
    case TcpState::close_wait:
      return "CLOSE_WAIT";
    case TcpState::last_ack:
      return "LAST_ACK";
    case TcpState::listen:
      return "LISTEN";
    case TcpState::closing:
      return "CLOSING";
  }
  return "UNKNOWN";
}

bool SocketEnd::is_ipv4() const {
  return std::equal(ipv4_prefix.begin(), ipv4_prefix.end(), address.begin());
}

bool SocketEnd::is_loopback() const {
  if (is_ipv4()) return address[12] == 127;
  return address.back() == 1 &&
         std::all_of(address.begin(), address.end() - 1, [](auto byte) { return byte == 0; });
}

bool SocketEnd::is_any() const {
  return std::all_of(address.begin() + (is_ipv4() ? 12 : 0), address.end(),
                     [](auto byte) { return byte == 0; });
}

SocketEnd socket_end(const asio::ip::address& address, std::uint16_t port) {
  SocketEnd end{{}, port};
  if (address.is_v4()) {
    const auto four = address.to_v4().to_bytes();
    std::copy(ipv4_prefix.begin(), ipv4_prefix.end(), end.address.begin());
    std::copy(four.begin(), four.end(), end.address.begin() + 12);
  } else {
    end.address = address.to_v6().to_bytes();
  }
  return end;
}

Endpoint to_endpoint(Transport transport, const SocketEnd& end) {
  const asio::ip::address_v6 six(end.address);
  if (!end.is_ipv4()) return {transport, six, end.port, {}};
  return {transport, asio::ip::make_address_v4(asio::ip::v4_mapped, six), end.port, {}};
}

void append_address(std::string& out, const SocketEnd& end) {
  if (!end.is_ipv4()) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, end.address.data(), text.data(), text.size());
    out += '[';
    out += text.data();
    out += ']';
    return;
  }
  // Not inet_ntop(3), which uses printf and is slow for tens of thousands of rows.
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) out += '.';
    std::array<char, 3> digits{};
    out.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), end.address[i]).ptr);
  }
}

}  // namespace portlab
