#pragma once
// From a URL to a response: sessions, redirects, SRV.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/connection_card.hpp"
#include "clients/cli/options.hpp"
#include "clients/http/http_exchange.hpp"
#include "clients/http/http_output.hpp"
#include "clients/http/http_url.hpp"
#include "clients/net/client_session.hpp"

namespace portlab {

/// What is to be fetched, and how.
struct HttpPlan {
  HttpUrl url;
  HttpRequest request;      ///< without Host and the usual fields; they are added for each hop
  std::string unix_socket;  ///< a path instead of the URL's host and port
  bool follow = false;      ///< follow redirects
  bool srv = false;         ///< ask the DNS for the port

  static constexpr unsigned redirects_max = 10;
};

/// A redirect that was followed.
struct HttpHop {
  std::string url;
  unsigned status = 0;
  std::string location;
};

/// How it ended.
struct HttpFetched {
  HttpHead head;
  HttpUrl url;  ///< where the answer came from in the end
  std::vector<HttpHop> hops;
  std::vector<ClientSession> sessions;  ///< all that were opened, for --hold
};

/// Opens the sessions that a plan starts with, all of them, and shows their cards.
std::vector<ClientSession> open_sessions(const HttpPlan& plan, const ClientOptions& options);

/// Sends the request over the session, and follows redirects over new ones if the plan says so.
HttpFetched fetch(const HttpPlan& plan, ClientSession session, const ClientOptions& options,
                  HttpOutput& output);

/// The SRV name of a host's domain, "_http._tcp.lab.test" for "www.lab.test": for hosts without a
/// record of their own (RFC 2782 looks up the very name that the user gave).
std::string srv_name_of(const std::string& host);

/// The request as it is sent to a URL: with Host and the fields that every request has, unless the
/// user gave them ("Name:" without a value: not at all).
HttpRequest complete_request(const HttpPlan& plan, const HttpUrl& url);

}  // namespace portlab
