using System.Diagnostics;

namespace Larder.Security.Tests.Certificates;

/// <summary>The openssl program, as a judge that shares no code with the product's certificate building.</summary>
internal static class OpenSsl
{
    public static async Task<string> RunAsync(params string[] arguments)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"openssl {string.Join(' ', arguments)}: exit code {process.ExitCode}: {await error}{await output}");
    }
}
