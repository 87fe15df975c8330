using Larder.Gateway.Commands;
using Larder.Resp.Requests;

namespace Larder.Gateway.Relay;

/// <summary>A command that was on its way to an engine that is gone.</summary>
/// <param name="Bytes">As it was sent. Valid as long as its <see cref="SentJournal"/> is not changed.</param>
/// <param name="IsWhole">Whether all of it had arrived from the client.</param>
/// <param name="WasSent">Whether the engine's socket had taken all of it; if not, it was certainly not executed.</param>
internal readonly record struct SentCommand(ReadOnlyMemory<byte> Bytes, bool IsWhole, bool WasSent)
{
    /// <summary>Whether the engine may have executed it.</summary>
    public bool MayBeExecuted => IsWhole && WasSent;

    /// <summary>What it is.</summary>
    public CommandKind Kind => Look(static view => CommandTable.Find(view.Name));

    /// <summary>Whether giving it twice does nothing.</summary>
    /// <param name="effects">The engine's table.</param>
    public bool IsRepeatable(CommandEffects effects) => Look(view => CommandTable.Find(view.Name) switch
    {
        CommandKind.Plain or CommandKind.Blocking or CommandKind.Info => effects.Of(view.Name) == CommandEffect.Reads,
        CommandKind.Auth or CommandKind.Hello or CommandKind.Select or CommandKind.Watch or CommandKind.Unwatch => true,
        CommandKind.BlockedUnlessReading => true,
        CommandKind.Client => CommandTable.IsRepeatableClientSubcommand(view.Subcommand),
        _ => false,
    });

    private T Look<T>(ViewFunction<T> function)
    {
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        scanner.Scan(Bytes.Span);
        return function(new CommandView(Bytes.Span, scanner.Arguments, scanner.ArgumentCount));
    }

    private delegate T ViewFunction<T>(CommandView view);
}
