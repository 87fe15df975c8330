using System.Collections.Immutable;
using Larder.Management.Contracts;

namespace Larder.Management.Services;

/// <summary>Management does not do what was asked. Repeating the same request helps only where <see cref="Kind"/> is Busy.</summary>
/// <param name="kind">Why.</param>
/// <param name="message">What happened, to which thing, and what to do next.</param>
/// <param name="details">One sentence for each single reason.</param>
public sealed class ManagementException(ManagementFailure kind, string message, ImmutableArray<string> details = default) : Exception(message)
{
    /// <summary>Why.</summary>
    public ManagementFailure Kind { get; } = kind;

    /// <summary>The body to answer with.</summary>
    public ErrorView View { get; } = new(
        kind switch
        {
            ManagementFailure.Invalid => "invalid_spec",
            ManagementFailure.NotFound => "not_found",
            ManagementFailure.Refused => "refused",
            ManagementFailure.Unavailable => "unavailable",
            _ => "busy",
        },
        message,
        details.IsDefault ? [] : details);
}
