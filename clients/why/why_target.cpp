#include "clients/why/why.hpp"

#include <algorithm>
#include <chrono>

#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/resolver.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"

namespace portlab {

namespace {

struct Written {
  std::string text;
  std::optional<Transport> transport;
};

std::optional<Transport> transport_named(const std::string& word) {
  if (word == "tcp") return Transport::tcp;
  if (word == "udp") return Transport::udp;
  return std::nullopt;
}

/// "udp 127.0.0.1:53" and "127.0.0.1:53/udp" to the place and its transport.
Written without_transport(const CommandLine& line, const std::vector<std::string>& words) {
  if (words.size() > 2 || (words.size() == 2 && !transport_named(words.front())))
    throw line.wrong("'" + printable(words.size() > 2 ? words[2] : words[1]) +
                         "' is too much: after the error comes one target",
                     "portlab why refused 127.0.0.1:83");
  Written written{words.back(), words.size() == 2 ? transport_named(words.front()) : std::nullopt};
  const auto slash = written.text.rfind('/');
  if (slash == std::string::npos) return written;
  if (const auto named = transport_named(written.text.substr(slash + 1))) {
    written.transport = named;
    written.text.resize(slash);
  }
  return written;
}

/// http://HOST/… to HOST:80: the scheme is the name of a service.
std::string without_scheme(const std::string& text) {
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  auto authority = text.substr(scheme + 3);
  authority.resize(std::min(authority.find_first_of("/?#"), authority.size()));
  const auto at = authority.rfind('@');
  if (at != std::string::npos) authority.erase(0, at + 1);
  const auto where = parse_host_and_port(authority);
  const auto services = services_named(text.substr(0, scheme));
  if (where && !where->port && !services.empty())
    authority += ":" + std::to_string(services.front().port);
  return authority;
}

/// ":83" and "83" are ports of this machine, as portlab port writes them.
std::string with_host(const std::string& text) {
  const auto digits = text.starts_with(':') ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return text;
  if (!parse_port(digits)) throw not_a_port(digits);
  return "127.0.0.1:" + digits;
}

}  // namespace

WhyTarget read_why_target(const CommandLine& line, const std::vector<std::string>& words) {
  const auto written = without_transport(line, words);
  WhyTarget target;
  if (written.text.starts_with('/') || written.text.starts_with("./")) {
    target.endpoint = local_endpoint(written.text);
    return target;
  }
  const auto text = with_host(without_scheme(written.text));
  const auto where = parse_host_and_port(text);
  if (!where) throw line.wrong(printable(where.error().text), "portlab why refused 127.0.0.1:83");
  target.host = where->host;
  ClientOptions options;
  options.timeout = std::chrono::seconds(2);
  try {
    target.endpoint = Endpoint{written.transport.value_or(Transport::tcp),
                               resolve(where->host, options).front(),
                               where->port.value_or(0),
                               {}};
  } catch (const CommandError& failure) {
    if (failure.exit() == Exit::bad_usage) throw;
    target.no_address = failure.reason();
  }
  return target;
}

}  // namespace portlab
