#pragma once
// From a URL to a response: sessions, redirects, SRV.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/http/http_exchange.hpp"
#include "clients/http/http_output.hpp"
#include "clients/http/http_url.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"

namespace portlab {

/// What to fetch, and how.
struct HttpPlan {
  HttpUrl url;
  HttpRequest request;      ///< Host and the default fields are added for each request
  std::string unix_socket;  ///< a path instead of the URL's host and port
  bool follow = false;      ///< follow redirects
  bool srv = false;         ///< look up host and port in SRV records

  static constexpr unsigned redirects_max = 10;
};

/// A redirect that was followed.
struct HttpHop {
  std::string url;
  unsigned status = 0;
  std::string location;
};

/// The result of fetch().
struct HttpFetched {
  HttpHead head;
  HttpUrl url;  ///< of the last response
  std::vector<HttpHop> hops;
  std::vector<ClientSession> sessions;  ///< all sessions, kept open for --hold
};

/// Opens the first sessions of a plan (--sessions) and shows their cards.
std::vector<ClientSession> open_sessions(const HttpPlan& plan, const ClientOptions& options);

/// Sends the request over the session; follows redirects, over new sessions, if the plan says so.
HttpFetched fetch(const HttpPlan& plan, ClientSession session, const ClientOptions& options,
                  HttpOutput& output);

/// The SRV name of a host's domain, "_http._tcp.lab.test" for "www.lab.test", for hosts without
/// their own record (RFC 2782 looks up only the name that the user gave).
std::string srv_name_of(const std::string& host);

/// The request for a URL: with Host and the default fields, unless the user gave them ("Name:"
/// without a value removes one).
HttpRequest complete_request(const HttpPlan& plan, const HttpUrl& url);

}  // namespace portlab
