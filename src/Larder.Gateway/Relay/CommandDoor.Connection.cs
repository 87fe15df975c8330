using System.Buffers;
using System.Text;
using Larder.Gateway.Authentication;
using Larder.Gateway.Clients;
using Larder.Gateway.Commands;
using Larder.Gateway.Notices;
using Larder.Resp;

namespace Larder.Gateway.Relay;

/// <content>Commands that change what the connection is: who uses it, how it is answered, what it is called.</content>
internal sealed partial class CommandDoor
{
    private Admission AdmitMaintenance(in CommandView command, bool silent, IBufferWriter<byte> replacement)
    {
        var maintenance = MaintenanceCommand.Parse(command, out var error);
        if (maintenance is null || state.InTransaction)
        {
            return Answer(maintenance is null ? error : Replies.NotInTransaction.ToArray(), silent, replacement);
        }

        if (silent)
        {
            lock (_ledger.Gate)
            {
                maintenance.Answer(settings); // Nobody waits for its turn.
            }
        }

        ExpectUnless(silent, new Expectation(ExpectationKind.StandIn, Payload: maintenance));
        replacement.Write(StandIn);
        return Admission.Replace;
    }

    private Admission AdmitAuth(in CommandView command, bool silent, IBufferWriter<byte> replacement)
    {
        var user = command.Count == 2 ? AccessKeyVerifier.DefaultUser : command.TryGet(1, out var name) ? name : default;
        var grant = command.TryGet(command.Count - 1, out var password) ? session.FindGrant(user, password) : null;
        if (grant is null && cache.Effects.MayIgnoreWrongKeys)
        {
            return Answer(Replies.WrongPass.ToArray(), silent, replacement);
        }

        ExpectUnless(silent, new Expectation(ExpectationKind.Replies));
        Credentials.WriteAuth(replacement, _primary, grant);
        return Admission.Replace;
    }

    private Admission AdmitHello(in CommandView command, bool isWhole, IBufferWriter<byte> replacement)
    {
        if (!isWhole)
        {
            return Answer(Replies.SyntaxError.ToArray(), silent: false, replacement);
        }

        if (HelloCommand.Parse(command, session.FindGrant, out _) is not { } hello)
        {
            // The engine has its own words for it, which depend on the state of the connection.
            Expect(new Expectation(ExpectationKind.Hello));
            return Admission.Forward;
        }

        if (hello is { HasCredentials: true, Grant: null } && cache.Effects.MayIgnoreWrongKeys)
        {
            return Answer(Replies.WrongPass.ToArray(), silent: false, replacement);
        }

        var name = hello.ClientName is { } value ? KeepOrPin(ClientSetting.Name, value) : null;
        Expect(new Expectation(ExpectationKind.Hello, Payload: name));
        if (!hello.HasCredentials)
        {
            return Admission.Forward;
        }

        hello.Write(replacement, _primary);
        return Admission.Replace;
    }

    /// <summary>What the gateway answers in the engine's place, where it knows better.</summary>
    private IReplyEditor? EditorOf(in CommandView command)
    {
        if (Ascii.EqualsIgnoreCase(command.Subcommand, "LIST"u8))
        {
            return ClientFilter.TryRead(command) is { } filter ? new ClientListEditor(cache, session, filter, command.Bytes.Length) : null;
        }

        if (Ascii.EqualsIgnoreCase(command.Subcommand, "INFO"u8) && command.Count == 2)
        {
            return new ClientListEditor(cache, session, null, command.Bytes.Length);
        }

        if (Ascii.EqualsIgnoreCase(command.Subcommand, "ID"u8) && command.Count == 2)
        {
            settings.NeedsOwnConnection = true; // Who knows the engine's name for his connection may use it later.
            return new ClientIdEditor(settings);
        }

        return null;
    }

    /// <summary>
    /// The engine looks at the command, and kills nobody: the gateway's connections are not the clients. What it refuses, it refuses for the client.
    /// </summary>
    private Admission AdmitKill(in CommandView command, bool silent, IBufferWriter<byte> replacement)
    {
        var arguments = command.TryReadAll() ?? [];
        var isOldForm = arguments.Length == 3;
        var filter = isOldForm ? null : ClientFilter.TryRead(command);
        if (arguments.Length < 3 || (!isOldForm && filter is null))
        {
            ExpectUnless(silent, new Expectation(ExpectationKind.Replies));
            return Admission.Forward; // Something is wrong with it, and the engine has the words for it.
        }

        if (state.InTransaction)
        {
            return Answer(Replies.NoKillInTransaction.ToArray(), silent, replacement);
        }

        var editor = new ClientKillEditor(cache, session, filter, isOldForm ? Encoding.Latin1.GetString(arguments[2]) : "");
        if (silent && session.Grant.User is null)
        {
            editor.Kill(); // Nobody's reply tells whether a restricted user may: then it may not.
        }

        ExpectUnless(silent, new Expectation(ExpectationKind.Edited, Payload: editor));
        byte[][] asked = isOldForm ? arguments[..2] : arguments;
        RespWriter.WriteCommandHeader(replacement, asked.Length + 2);
        Array.ForEach(asked, argument => RespWriter.WriteBulk(replacement, argument));
        RespWriter.WriteBulk(replacement, "ADDR"u8);
        RespWriter.WriteBulk(replacement, ClientKillEditor.NobodysAddress);
        return Admission.Replace;
    }

    private void AdmitClient(in CommandView command, bool silent)
    {
        var subcommand = command.Subcommand;
        if (command.Count == 3 && cache.Effects.HasReplyModes && Ascii.EqualsIgnoreCase(subcommand, "REPLY"u8)
            && command.TryGet(2, out var mode) && TrySetReplyMode(mode))
        {
            return;
        }

        SettingChange? change = null;
        if (command.Count == 3 && Ascii.EqualsIgnoreCase(subcommand, "SETNAME"u8))
        {
            change = command.TryGet(2, out var name) ? KeepOrPin(ClientSetting.Name, name.ToArray()) : null;
        }
        else if (command.Count == 4 && Ascii.EqualsIgnoreCase(subcommand, "SETINFO"u8) && command.TryGet(2, out var attribute))
        {
            change = !command.TryGet(3, out var value) ? null
                : Ascii.EqualsIgnoreCase(attribute, "LIB-NAME"u8) ? KeepOrPin(ClientSetting.LibraryName, value.ToArray())
                : Ascii.EqualsIgnoreCase(attribute, "LIB-VER"u8) ? KeepOrPin(ClientSetting.LibraryVersion, value.ToArray())
                : null;
        }
        else if (!CommandTable.IsStatelessClientSubcommand(subcommand))
        {
            state.Stick();
        }
        else if (Ascii.EqualsIgnoreCase(subcommand, "ID"u8))
        {
            settings.NeedsOwnConnection = true;
        }

        if (change is not null && state.InTransaction)
        {
            state.Stick();
        }

        ExpectUnless(silent, change is null || state.InTransaction
            ? new Expectation(ExpectationKind.Replies)
            : new Expectation(ExpectationKind.Setting, Payload: change));
    }

    /// <summary>OFF and SKIP have no reply; ON has one whatever was before.</summary>
    private bool TrySetReplyMode(ReadOnlySpan<byte> mode)
    {
        if (Ascii.EqualsIgnoreCase(mode, "ON"u8))
        {
            _mode = ReplyMode.On;
            Expect(new Expectation(ExpectationKind.Replies));
            return true;
        }

        var off = Ascii.EqualsIgnoreCase(mode, "OFF"u8);
        if (!off && !Ascii.EqualsIgnoreCase(mode, "SKIP"u8))
        {
            return false;
        }

        // What is sent unanswered may be lost with its engine: the client must learn of it by losing the connection.
        state.Stick();
        if (_mode != ReplyMode.Off)
        {
            Flush();
            _mode = off ? ReplyMode.Off : ReplyMode.SkipNext;
        }

        return true;
    }

    private void AdmitSelect(in CommandView command, bool silent)
    {
        var known = command.TryGet(1, out var text) & RespInteger.TryParse(text, out var database) && database is >= 0 and <= int.MaxValue;
        if (state.InTransaction)
        {
            state.Stick();
        }

        ExpectUnless(silent, known && !state.InTransaction
            ? new Expectation(ExpectationKind.Select, (int)database)
            : new Expectation(ExpectationKind.Replies));
    }

    private SettingChange? KeepOrPin(ClientSetting setting, byte[] value)
    {
        if (value.Length <= SessionSettings.MaxValueBytes)
        {
            return new SettingChange(setting, value);
        }

        state.Stick();
        return null;
    }
}
