using System.Net;
using Larder.Management.Contracts;

namespace Larder.Host.Client;

/// <summary>The daemon answered that it does not do what was asked.</summary>
/// <param name="status">The status it answered with.</param>
/// <param name="error">What it said.</param>
internal sealed class ManagementRequestException(HttpStatusCode status, ErrorView error) : Exception(error.Message)
{
    /// <summary>What it said.</summary>
    public ErrorView Error { get; } = error;

    /// <summary>Whether the fault lies in what was asked, and not in the daemon or its store.</summary>
    public bool IsRefusal { get; } = (int)status is >= 400 and < 500;
}
