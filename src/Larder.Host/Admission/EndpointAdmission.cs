using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Larder.Host.Ports;
using Larder.Management.Admission;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Model.Routing;
using Larder.Model.Specs;

namespace Larder.Host.Admission;

/// <summary>
/// Whether the gateway could open a cache's endpoints: the address is this host's, the port is free (and if not, who has it), the host name
/// is not another cache's, and a plain port, where no server name tells caches apart, serves one cache alone.
/// </summary>
/// <param name="host">This host.</param>
internal sealed class EndpointAdmission(HostIdentity host) : IAdmissionCheck
{
    /// <inheritdoc/>
    public ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken)
    {
        var refusals = ImmutableArray.CreateBuilder<PlanRefusalView>();
        var name = CacheEndpoints.HostName(desired, host);
        if (others.FirstOrDefault(other => CacheEndpoints.HostName(other, host) == name) is { } namesake)
        {
            refusals.Add(new("endpoint.host_name", null, name, $"{namesake.Name} has the host name {name} already.", "Choose another host name."));
        }

        var open = others.Append(current).OfType<CacheSpec>()
            .SelectMany(spec => CacheEndpoints.Listen(spec, host).Select(endpoint => (Endpoint: endpoint, spec.Name)))
            .ToList();
        foreach (var endpoint in CacheEndpoints.Listen(desired, host))
        {
            var sharing = open.Where(one => one.Name != desired.Name && one.Endpoint.Port == endpoint.Port && one.Endpoint.Address.Equals(endpoint.Address)).ToList();
            if (sharing.FirstOrDefault(one => !one.Endpoint.Tls || !endpoint.Tls) is { Name: { } sharer })
            {
                refusals.Add(Refusal(
                    endpoint, $"{sharer} has it already, and a plain port can serve one cache only.", $"Give this cache a {Field(endpoint)} of its own."));
            }
            else if (sharing.Count == 0 && !open.Any(one => one.Endpoint == endpoint) && WhyClosed(endpoint) is { } problem)
            {
                refusals.Add(problem);
            }
        }

        return ValueTask.FromResult(new AdmissionResult(refusals.ToImmutable(), []));
    }

    private static PlanRefusalView? WhyClosed(ListenEndpoint endpoint)
    {
        using var socket = new Socket(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As the gateway binds: connections in TIME_WAIT do not stand in the way, listeners do.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(endpoint.Address, endpoint.Port));
            socket.Listen(1);
            return null;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            var owner = PortOwner.Find(endpoint.Address, endpoint.Port) is { } process ? $"process {process.Pid} ({process.Name})" : "another process";
            return Refusal(endpoint, $"{owner} listens there.", $"Stop it, or choose another {Field(endpoint)}.");
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            // A host without IPv6 has no ::1; loopback is served over IPv4 then.
            return endpoint.Address.Equals(IPAddress.IPv6Loopback) ? null : Refusal(
                endpoint,
                $"{endpoint.Address} is not an address of this host, which has {string.Join(", ", OwnAddresses())}.",
                "Choose one of these as endpoint.address.");
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AccessDenied)
        {
            return Refusal(endpoint, "this user may not listen there.", $"Choose a {Field(endpoint)} above 1023.");
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported
            && endpoint.Address.Equals(IPAddress.IPv6Loopback))
        {
            return null;
        }
    }

    private static IEnumerable<IPAddress> OwnAddresses() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(address => address.Address)
        .Where(address => !address.IsIPv6LinkLocal);

    private static string Field(ListenEndpoint endpoint) => endpoint.Tls ? "endpoint.tls_port" : "endpoint.plain_port";

    private static PlanRefusalView Refusal(ListenEndpoint endpoint, string reason, string instead) => new(
        Field(endpoint), null, endpoint.Port.ToString(CultureInfo.InvariantCulture),
        $"port {endpoint.Port} on {endpoint.Address} cannot be opened: {reason}", instead);
}
