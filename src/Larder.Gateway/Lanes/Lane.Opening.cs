using System.Net.Sockets;
using Larder.Gateway.Relay;
using Larder.Model.Routing;

namespace Larder.Gateway.Lanes;

/// <content>Connects to the primary.</content>
internal sealed partial class Lane
{
    private void Open()
    {
        if (_opening || _closed || _cache.FindFresh(_aim) is not { } primary || (_link is { } link && link.LeadsTo(primary)))
        {
            return;
        }

        if (_notExecutedSince is not null && _services.Clock.GetElapsedTime(_leftAt) < RetryPause)
        {
            return; // An engine that has just said that it executes nothing is not asked again at once.
        }

        _opening = true;
        _ = LearnAsync(primary);
    }

    private async Task LearnAsync(PrimaryRoute primary)
    {
        await _cache.LearnAsync(primary);
        Loop.Post(new Call(this, lane => lane.Connect(primary)));
    }

    private void Connect(PrimaryRoute primary)
    {
        if (_closed || _link is not null)
        {
            Opened(false);
            return;
        }

        try
        {
            var greeting = new LaneGreeting(EngineLink.Connect(primary), Loop, _protocol, _user, _services.Clock, LinkTimeout);
            greeting.Begin(link => Greeted(primary, greeting, link));
        }
        catch (SocketException exception)
        {
            Log.EngineUnreachable(_services.Logger, _cache.Route.Cache, primary.NodeOrdinal, primary.Epoch, exception.Message);
            Opened(false);
        }
    }

    private void Greeted(PrimaryRoute primary, LaneGreeting greeting, EngineLink? link)
    {
        if (link is null)
        {
            Log.EngineUnreachable(_services.Logger, _cache.Route.Cache, primary.NodeOrdinal, primary.Epoch, greeting.Problem);
        }
        else if (_closed || _link is not null)
        {
            link.Dispose();
        }
        else
        {
            _greeting = greeting.Reply;
            _link = new LaneLink(link, Loop, Receive, HasRoom);
        }

        Opened(_link is not null);
    }

    private void Opened(bool done)
    {
        _opening = false;
        _preparing.ForEach(prepared => prepared.SetResult());
        _preparing.Clear();
        if (done && _journal.Appended > _planned)
        {
            Send();
        }
        else if (_journal.Appended > _planned)
        {
            PulseOnce();
        }
    }
}
