using System.Buffers;
using Larder.Gateway.Authentication;
using Larder.Gateway.Clients;
using Larder.Gateway.Commands;
using Larder.Gateway.Lanes;
using Larder.Gateway.Relay;
using Larder.Gateway.Routing;
using Larder.Model.Routing;
using Larder.Resp.Requests;

namespace Larder.Gateway.Sessions;

/// <summary>
/// The part of a session before its client has given a key: nothing but AUTH, HELLO, QUIT and RESET is understood, no engine is involved, and
/// requests are small.
/// </summary>
internal sealed class StrangerDoor(GatewaySession session, ClientConnection client, RespRequestScanner scanner, CacheRuntime cache)
{
    private HelloCommand? _hello;

    /// <summary>What follows on what has arrived.</summary>
    private readonly record struct Answer(Step Step, byte[] Reply);

    private enum Step : byte
    {
        /// <summary>More must arrive.</summary>
        NeedMoreData,

        /// <summary>Answered; the next command, please.</summary>
        GoOn,

        /// <summary>Answered, and the session is over.</summary>
        End,

        /// <summary>The key came with AUTH and is right.</summary>
        AdmitByAuth,

        /// <summary>The key came with HELLO and is right.</summary>
        AdmitByHello,
    }

    /// <summary>Answers until a key is given.</summary>
    /// <returns>The guest, or <c>null</c> where the session is over.</returns>
    public async Task<Guest?> AdmitAsync()
    {
        while (true)
        {
            var (step, reply) = Next();
            if (reply.Length > 0)
            {
                if (session.TakePenalty() is { Ticks: > 0 } penalty)
                {
                    await session.PauseAsync(penalty);
                }


                await client.WriteAsync(reply);
                session.NoteActivity();
            }

            switch (step)
            {
                case Step.NeedMoreData:
                    if (client.IsFull)
                    {
                        client.Grow();
                    }

                    if (await client.ReadAsync() == 0)
                    {
                        session.NoteReason(CloseReason.ClientClosed);
                        return null;
                    }

                    session.NoteActivity();
                    break;
                case Step.End:
                    return null;
                case Step.AdmitByAuth:
                    return await OpenAsync(null);
                case Step.AdmitByHello:
                    return await OpenAsync(_hello);
                default:
                    break;
            }
        }
    }

    /// <summary>Takes one command from what has arrived.</summary>
    /// <returns>What follows, and the reply.</returns>
    private Answer Next()
    {
        if (client.Unread.IsEmpty)
        {
            return new(Step.NeedMoreData, []);
        }

        switch (scanner.Scan(client.Unread))
        {
            case RespRequestStatus.NeedMoreData:
                return new(Step.NeedMoreData, []);
            case RespRequestStatus.Nothing:
                Take();
                return new(Step.GoOn, []);
            case RespRequestStatus.Command:
                var answer = Decide(new CommandView(client.Unread[..scanner.Length], scanner.Arguments, scanner.ArgumentCount));
                Take();
                return answer;
            case RespRequestStatus.InlineCommand:
                var encoded = new ArrayBufferWriter<byte>();
                if (!InlineCommand.TryEncode(client.Unread[..scanner.Length], encoded))
                {
                    return RefuseBytes("unbalanced quotes in request");
                }

                Take();
                if (encoded.WrittenCount == 0)
                {
                    return new(Step.GoOn, []);
                }

                var inner = new RespRequestScanner(RespRequestLimits.Guest);
                inner.Scan(encoded.WrittenSpan);
                return Decide(new CommandView(encoded.WrittenSpan, inner.Arguments, inner.ArgumentCount));
            default:
                return RefuseBytes(scanner.Error);
        }
    }

    private Answer Decide(in CommandView command)
    {
        switch (CommandTable.Find(command.Name))
        {
            case CommandKind.Auth when command.Count == 1:
                return new(Step.GoOn, Replies.WrongArity("auth"));
            case CommandKind.Auth when command.Count > 3:
                return new(Step.GoOn, Replies.SyntaxError.ToArray());
            case CommandKind.Auth:
                var user = command.Count == 2 ? AccessKeyVerifier.DefaultUser : command.TryGet(1, out var name) ? name : default;
                return command.TryGet(command.Count - 1, out var password) && session.FindGrant(user, password) is not null
                    ? new(Step.AdmitByAuth, [])
                    : new(Step.GoOn, Replies.WrongPass.ToArray());
            case CommandKind.Hello:
                var parsed = HelloCommand.Parse(command, session.FindGrant, out var error);
                if (parsed is null)
                {
                    return new(Step.GoOn, error);
                }

                if (parsed.Grant is null)
                {
                    return new(Step.GoOn, parsed.HasCredentials ? Replies.WrongPass.ToArray() : Replies.NoAuthHello.ToArray());
                }

                _hello = parsed;
                return new(Step.AdmitByHello, []);
            case CommandKind.Quit:
                session.NoteReason(CloseReason.ClientQuit);
                return new(Step.End, Replies.Ok.ToArray());
            case CommandKind.Reset when command.Count == 1:
                return new(Step.GoOn, Replies.Reset.ToArray());
            case CommandKind.Hostile:
                session.NoteReason(CloseReason.HostileRequest);
                return new(Step.End, []);
            default:
                return new(Step.GoOn, Replies.NoAuth.ToArray());
        }
    }

    private Answer RefuseBytes(string error)
    {
        session.Counters.ProtocolError();
        session.NoteReason(CloseReason.ProtocolError);
        client.Discard();
        return new(Step.End, Replies.ProtocolError(error));
    }

    private void Take()
    {
        client.Consume(scanner.Length);
        scanner.Next();
    }

    /// <summary>Lets a client in whose key is right, as soon as there is a primary; waits within the hold limit.</summary>
    private async Task<Guest?> OpenAsync(HelloCommand? hello)
    {
        Guest? guest = null;
        var end = await session.WithPrimaryAsync(async primary =>
        {
            (guest, var isDecided) = await TryLetInAsync(hello, primary);
            return isDecided;
        });
        if (end == HoldEnd.Expired)
        {
            session.NoteReason(CloseReason.NoPrimary);
            await client.WriteAsync(Replies.NoPrimary.ToArray());
        }

        return guest;
    }

    /// <summary>Lets a client in.</summary>
    /// <returns>The guest, and whether it is decided: the engine may have refused, or may not have been reached.</returns>
    private async Task<(Guest? Guest, bool IsDecided)> TryLetInAsync(HelloCommand? hello, PrimaryRoute primary)
    {
        var protocol = hello?.Version ?? 2;
        if (hello is not { ClientName.Length: > SessionSettings.MaxValueBytes } && await cache.GreetAsync(client.Connection.Loop, protocol, session.Grant.User, session.Aim, session.Services) is { } greeting)
        {
            await client.WriteAsync(hello is null ? Replies.Ok.ToArray() : LaneHandshake.Greet(greeting, session.Id));
            session.NoteActivity();
            return (new Guest(null, 0, protocol, hello?.ClientName), true);
        }

        // An engine takes no long argument from one who has not authenticated; the client may have given it in a line, whose parts may be longer.
        var longName = hello is { ClientName.Length: > SessionSettings.MaxValueBytes } ? hello.ClientName : null;
        var handshake = new ArrayBufferWriter<byte>();
        if (hello is not null)
        {
            (longName is null ? hello : hello with { ClientName = null }).Write(handshake, primary);
        }
        else
        {
            Credentials.WriteAuth(handshake, primary, session.Grant);
        }

        SessionSettings.WriteIdQuestion(handshake);
        if (longName is not null)
        {
            SessionSettings.WriteName(handshake, longName);
        }

        var (link, reply) = await session.OpenLinkAsync(primary, new HandshakeOrder(handshake.WrittenMemory, Required: 1, Any: longName is null ? 1 : 2));
        if (link is not null)
        {
            try
            {
                await client.WriteAsync(reply!.Replies);
            }
            catch
            {
                link.Dispose(); // The client has left meanwhile: the connection is nobody's.
                throw;
            }

            session.NoteActivity();
            return (new Guest(link, ClientIdEditor.Read(reply.FirstOptional), protocol, hello?.ClientName), true);
        }

        if (reply is not null)
        {
            session.NoteReason(CloseReason.EngineRefused);
            await client.WriteAsync(Replies.EngineRefused.ToArray());
        }

        return (null, reply is not null);
    }
}
