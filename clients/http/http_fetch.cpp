#include "clients/http/http_fetch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/resolver.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

Target target_of(const HttpPlan& plan, const HttpUrl& url) {
  if (!plan.unix_socket.empty()) return {Transport::local, plan.unix_socket, 0};
  return {Transport::tcp, url.host, url.port};
}

/// Connects to the first server of the SRV records that accepts (RFC 2782: try them in order).
std::vector<ClientSession> connect_by_srv(const HttpUrl& url, const ClientOptions& options) {
  auto name = "_" + url.scheme + "._tcp." + url.host;
  auto found = find_service(name, options);
  if (found.empty()) {  // try the domain, unless the host does not exist
    if (is_lab_name(url.host)) resolve(url.host, options);
    name = srv_name_of(url);
    found = find_service(name, options);
  }
  if (found.empty())
    throw CommandError(Exit::failed, name + ": there is no SRV record for " + url.scheme,
                       url.scheme + "://HOST:PORT/ instead of --srv");
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (options.shows_messages())
      std::fprintf(stderr, "%s SRV: %s is on %s, port %u\n", name.c_str(), url.scheme.c_str(),
                   printable(found[i].host).c_str(), static_cast<unsigned>(found[i].port));
    try {
      return connect_all({Transport::tcp, found[i].host, found[i].port}, options);
    } catch (const CommandError& failure) {  // also a target without an address
      if (failure.exit() == Exit::bad_usage || i + 1 == found.size()) throw;
      if (options.shows_messages())
        std::fprintf(stderr, "%s; trying the next SRV record\n", failure.reason().c_str());
    }
  }
  throw std::logic_error("unreachable: the last failure was thrown");
}

bool is_redirect(const HttpHead& head) {
  const auto status = head.status;  // RFC 9110 section 15.4; not 300 and 304
  const bool redirects = (status >= 301 && status <= 303) || status == 307 || status == 308;
  return redirects && !head.field("Location").empty();
}

/// Changes the plan for a redirect. RFC 9110 section 15.4: 303 means GET, and so do 301 and 302 in
/// practice; 307 and 308 keep the method.
void redirect_request(HttpPlan& plan, const HttpHead& head, const HttpUrl& to) {
  auto& request = plan.request;
  const bool keeps = head.status == 307 || head.status == 308;
  if (!keeps && request.method != "GET" && request.method != "HEAD") {
    request.method = "GET";
    request.body.reset();
    request.body_file = -1;
    std::erase_if(request.fields, [](const HttpField& field) {
      return equal_ignoring_case(field.name, "Content-Type");
    });
  }
  if (request.body_file >= 0 && ::lseek(request.body_file, 0, SEEK_CUR) < 0)
    throw CommandError(Exit::failed,
                       plan.url.text() + ": redirects, and the body from stdin can't be sent again",
                       "-d @FILE");
  if (plan.url.same_origin(to)) return;
  // Credentials for one server are not sent to another.
  std::erase_if(request.fields, [](const HttpField& field) {
    return equal_ignoring_case(field.name, "Authorization") ||
           equal_ignoring_case(field.name, "Cookie") || equal_ignoring_case(field.name, "Host");
  });
}

void note_redirect(const HttpHead& head, const std::string& to, bool followed,
                   const ClientOptions& options) {
  if (!options.shows_messages()) return;
  std::fprintf(stderr, "%u %s: moved to %s%s\n", head.status, printable(head.reason).c_str(),
               printable(to).c_str(), followed ? "" : " (-L follows)");
}

}  // namespace

std::vector<ClientSession> open_sessions(const HttpPlan& plan, const ClientOptions& options) {
  auto sessions = plan.srv ? connect_by_srv(plan.url, options)
                           : connect_all(target_of(plan, plan.url), options);
  for (auto& session : sessions) {
    session.limit_rate(options.rate);
    if (plan.url.is_https()) session.start_tls(*plan.tls, plan.url.host);
  }
  return sessions;
}

HttpFetched fetch(const HttpPlan& first_plan, ClientSession session, const ClientOptions& options,
                  HttpOutput& output) {
  auto plan = first_plan;
  HttpFetched result;
  result.sessions.push_back(std::move(session));
  while (true) {
    bool followed = false;
    HttpSink sink;
    sink.head = [&](const HttpHead& head) {
      result.head = head;
      followed = plan.follow && is_redirect(head);
      if (!followed) output.head(head);
    };
    sink.body = [&](Bytes bytes) {
      constexpr std::size_t error_text_max = 1024;
      auto& error = result.error_text;
      if (result.head.status == 400)
        error += as_text(bytes).substr(0, error_text_max - error.size());
      if (!followed) output.body(bytes);
    };
    sink.irregularity = [&](const std::string& what) {
      auto& known = result.irregularities;
      if (std::find(known.begin(), known.end(), what) != known.end()) return;
      known.push_back(what);
      if (options.shows_messages())
        std::fprintf(stderr, "not as HTTP should be: %s\n", what.c_str());
    };
    const auto request = complete_request(plan, plan.url);
    const bool reusable = exchange(result.sessions.back(), request, sink);
    result.url = plan.url;
    const std::string location(result.head.field("Location"));
    if (is_redirect(result.head) && !followed) note_redirect(result.head, location, false, options);
    if (!followed) break;

    result.hops.push_back({plan.url.text(), result.head.status, location});
    if (result.hops.size() > HttpPlan::redirects_max)
      throw CommandError(Exit::failed,
                         first_plan.url.text() + ": redirects without end (" +
                             std::to_string(HttpPlan::redirects_max) + " were followed)",
                         "without -L: the first response");
    const auto to = follow(plan.url, location);
    note_redirect(result.head, to.text(), true, options);
    redirect_request(plan, result.head, to);
    const bool elsewhere = !plan.url.same_origin(to) && plan.unix_socket.empty();
    plan.url = to;
    if (reusable && !elsewhere) continue;
    result.sessions.back().close();
    if (elsewhere) plan.srv = false;
    auto one = options;
    one.sessions = 1;
    auto opened = open_sessions(plan, one);
    show_cards(opened, to.scheme, options);
    result.sessions.push_back(std::move(opened.front()));
  }
  output.finish();
  if (const auto* tls = result.sessions.back().tls()) result.tls = *tls;
  return result;
}

std::string srv_name_of(const HttpUrl& url) {
  const auto& host = url.host;
  const auto dot = host.find('.');
  const bool below_a_domain =
      dot != std::string::npos && host.find('.', dot + 1) != std::string::npos;
  return "_" + url.scheme + "._tcp." + (below_a_domain ? host.substr(dot + 1) : host);
}

HttpRequest complete_request(const HttpPlan& plan, const HttpUrl& url) {
  auto request = plan.request;
  request.target = url.target;
  const auto given = std::exchange(request.fields, {});
  const auto usual = [&](const char* name, const std::string& value) {
    const bool named = std::any_of(given.begin(), given.end(), [&](const HttpField& field) {
      return equal_ignoring_case(field.name, name);
    });
    if (!named) request.fields.push_back({name, value});
  };
  usual("Host", url.authority());
  usual("User-Agent", "portlab");
  usual("Accept", "*/*");
  if (request.body || request.body_file >= 0)
    usual("Content-Type", "application/x-www-form-urlencoded");
  for (const auto& field : given)
    if (!field.value.empty()) request.fields.push_back(field);
  return request;
}

}  // namespace portlab
