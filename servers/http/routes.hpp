#pragma once
// What is found under which path: a table of this server's own resources, and the site for all the
// rest.

#include <memory>
#include <string_view>

#include "common/endpoint.hpp"
#include "servers/http/file_cache.hpp"
#include "servers/http/response.hpp"
#include "servers/http/target.hpp"
#include "servers/listener/service.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab::http {

/// One request, and all that a resource may need to answer it.
struct RequestContext {
  const Head& head;
  const Target& target;
  std::string_view raw;      ///< head and body as they arrived, for a resource that keeps them
  std::string_view content;  ///< the body as it was meant, for one that keeps it
  std::uint64_t turn;        ///< Connection::turn
  const Endpoint& local;
  const Endpoint& remote;
  const ServerView& tables;
  /// The page of all sessions; null until an answer says that it wants it.
  std::shared_ptr<const Representation> sessions;
  const SharedSite& site;
  FileCache& files;
};

/// The answer to a well-formed request whose body, if any, has been read.
Response answer(const RequestContext& exchange);

/// What the resource at this path looks at of a request's body.
enum class BodyKept : std::uint8_t { nothing, raw, content };
BodyKept body_kept(std::string_view path);

/// The site's part: a file, a folder's index.html, a list of the folder, or a redirection to it.
Response answer_from_site(const RequestContext& exchange);

}  // namespace portlab::http
