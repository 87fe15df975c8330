using Larder.Management.Contracts;

namespace Larder.Host.Client;

/// <summary>How an error is written to standard output with <c>--output json</c>.</summary>
/// <param name="Error">The error.</param>
internal sealed record ErrorEnvelope(ErrorView Error);
