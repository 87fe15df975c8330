using System.Net;
using Larder.Gateway;
using Larder.Host.Daemon;
using Larder.Host.Ports;
using Larder.Model.Routing;

namespace Larder.Host.Tests.Daemon;

/// <summary>What is told of a port that the gateway cannot open.</summary>
public sealed class GatewayStatusTests
{
    private static readonly ListenEndpoint Endpoint = new(IPAddress.Loopback, 6380, Tls: true);
    private readonly List<ListenerSnapshot> _listeners = [];
    private int _searches;

    [Fact]
    public void A_listener_that_is_open_has_no_problem_and_nobody_is_searched()
    {
        _listeners.Add(new(Endpoint, ""));
        Assert.Equal("", Status(new(77, "redis-server")).ListenerProblem(Endpoint));
        Assert.Equal(0, _searches);
    }

    [Fact]
    public void One_that_is_not_known_yet_is_told_as_such() => Assert.Null(Status(null).ListenerProblem(Endpoint));

    [Fact]
    public void A_port_of_another_process_names_it_and_is_searched_once_for_each_failure()
    {
        var status = Status(new(77, "redis-server"));
        for (var failure = 1; failure <= 2; failure++)
        {
            _listeners.Clear();
            _listeners.Add(new(Endpoint, "port 6380 cannot be opened"));
            Assert.Equal("port 6380 cannot be opened; process 77 (redis-server) listens there", status.ListenerProblem(Endpoint));
            Assert.EndsWith("listens there", status.ListenerProblem(Endpoint), StringComparison.Ordinal);
            Assert.Equal(failure, _searches);
            _listeners[0] = new(Endpoint, "");
            Assert.Equal("", status.ListenerProblem(Endpoint));
        }
    }

    [Fact]
    public void An_owner_that_cannot_be_seen_is_left_out()
    {
        _listeners.Add(new(Endpoint, "port 6380 cannot be opened"));
        Assert.Equal("port 6380 cannot be opened", Status(null).ListenerProblem(Endpoint));
    }

    [Fact]
    public void An_owner_that_was_missed_is_looked_for_again_but_not_for_ever()
    {
        _listeners.Add(new(Endpoint, "port 6380 cannot be opened"));
        var status = new GatewayStatus(() => _listeners, (_, _) => ++_searches == 3 ? new(77, "redis-server") : null);
        for (var time = 1; time <= 2; time++)
        {
            Assert.Equal("port 6380 cannot be opened", status.ListenerProblem(Endpoint));
        }

        Assert.EndsWith("process 77 (redis-server) listens there", status.ListenerProblem(Endpoint), StringComparison.Ordinal);

        _searches = 0;
        var blind = Status(null);
        for (var time = 1; time <= 30; time++)
        {
            blind.ListenerProblem(Endpoint);
        }

        Assert.Equal(10, _searches);
    }

    private GatewayStatus Status(ListeningProcess? owner) => new(
        () => _listeners,
        (address, port) =>
        {
            Assert.Equal((Endpoint.Address, Endpoint.Port), (address, port));
            _searches++;
            return owner;
        });
}
