// Connects to a target, to see whether a listener there answers.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "clients/why/why.hpp"
#include "common/bytes.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_time_limit{2000};
constexpr milliseconds first_bytes_time_limit{500};

bool wait_for(int descriptor, short event, milliseconds limit) {
  pollfd entry{descriptor, event, 0};
  return ::poll(&entry, 1, static_cast<int>(limit.count())) > 0;
}

int connect_error(int descriptor, const Endpoint& endpoint) {
  const auto address = to_socket_address(endpoint);
  if (::connect(descriptor, address.data(), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(descriptor, POLLOUT, connect_time_limit)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

Look look_at(const Endpoint& endpoint) {
  Look look;
  const int family = endpoint.address.is_v6() ? AF_INET6 : AF_INET;
  const FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  look.error = socket ? connect_error(socket.get(), endpoint) : errno;
  if (look.error != 0 || !wait_for(socket.get(), POLLIN, first_bytes_time_limit)) return look;
  std::string bytes(512, '\0');
  const auto got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) look.error = errno;
  look.closed = got == 0;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  look.first_bytes = std::move(bytes);
  return look;
}

Finding first_bytes_finding(const Look& look) {
  const auto line = printable(look.first_bytes.substr(0, look.first_bytes.find_first_of("\r\n")));
  std::string text = look.closed ? "nothing: it closed the connection at once"
                     : look.first_bytes.empty()
                         ? "nothing unasked: the client speaks first there, as in HTTP"
                         : "'" + line + "'";
  return {"sends", std::move(text), {{"first_line", line}, {"closed", look.closed}}};
}

std::optional<Finding> check_connection(const Context& context) {
  const auto* const endpoint = context.port();
  if (endpoint == nullptr || endpoint->transport != Transport::tcp ||
      !is_own_address(endpoint->address))
    return std::nullopt;
  const auto* const listener = listener_at(context, *endpoint);
  if (listener == nullptr && context.net_error != NetError::unreachable) return std::nullopt;
  const auto error = look_at(*endpoint).error;
  boost::json::object data{{"refused", error == ECONNREFUSED}};
  if (error != 0 && endpoint->address.is_loopback() && loopback_is_down())
    return Finding{"connect",
                   "unreachable: the loopback interface is down, as in a new network namespace",
                   std::move(data)};
  if (error == EHOSTUNREACH || error == ENETUNREACH || error == ENOPROTOOPT)
    return Finding{"connect",
                   "unreachable, although the address is one of this machine: a firewall rule "
                   "answers with an ICMP message (nft: 'reject with icmp type admin-prohibited')",
                   std::move(data)};
  if (listener == nullptr) return std::nullopt;
  if (error != ECONNREFUSED)
    return Finding{"connect", "not refused now: the listener can be reached", std::move(data)};
  const std::string cause =
      listener->interface != 0
          ? "the listener is bound to one interface (SO_BINDTODEVICE) and accepts from no other"
          : "something between client and listener answers with a reset: a firewall rule of this "
            "machine (nft: 'reject with tcp reset')";
  return Finding{"connect", "refused, although a program listens there: " + cause, std::move(data)};
}

}  // namespace portlab
