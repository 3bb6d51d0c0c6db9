#pragma once
// A value, or the reason why there is none, in words a person can act on.

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace portlab {

/// The text of an Error. A base, so that braces make an Error from a text but parentheses and
/// conversions do not: a Result<std::string> can then tell its value from its error.
struct ErrorText {
  std::string text;
};

/// Why there is no value: "what we looked at: why it will not do: what to do". Shown to people as
/// it is.
struct Error : ErrorText {};

/// Lets Result::value() throw the reason as an exception.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::runtime_error(error.text);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace portlab
