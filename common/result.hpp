#pragma once
// A value, or an error with a text that can be shown to a user.

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace portlab {

/// The base of Error. With it, Error{text} is valid, and a string does not convert to an Error, so
/// that the value and the error of a Result<std::string> can't be confused.
struct ErrorText {
  std::string text;
};

/// Why there is no value: "what: why: what to do".
struct Error : ErrorText {};

/// For Result::value(): throws std::runtime_error with the text.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::runtime_error(error.text);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace portlab
