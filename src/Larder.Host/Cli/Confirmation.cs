namespace Larder.Host.Cli;

/// <summary>Asks whether something that cannot be taken back is meant.</summary>
internal static class Confirmation
{
    /// <summary>Has the cache's name typed again; without a terminal nothing is done.</summary>
    /// <param name="context">The call.</param>
    /// <param name="name">The cache.</param>
    /// <param name="warning">What is going to happen: a sentence.</param>
    /// <param name="command">What to type instead where there is no terminal, without the program's name.</param>
    /// <exception cref="CliException">It was not confirmed.</exception>
    public static void Require(CliContext context, string name, string warning, string command)
    {
        if (!context.Console.CanAsk)
        {
            throw CliException.Refused(
                "not_confirmed", $"Nothing was done to {name}: there is no terminal to ask on. Say that you mean it: {context.Command} {command} --yes");
        }

        context.Console.Error.Write($"{warning} Type its name to go on: ");
        context.Console.Error.Flush();
        if (context.Console.In.ReadLine()?.Trim() != name)
        {
            throw CliException.Refused("not_confirmed", $"Nothing was done to {name}: the name was not repeated.");
        }
    }
}
