using System.Reflection;
using System.Runtime.InteropServices;
using Garnet.server;
using Larder.GarnetHost;
using Larder.GarnetHost.Configuration;
using Microsoft.Extensions.Logging;

// larder-garnet CONFIGURATION-FILE | --version
//
//   start: read the file -> prepare the data folder -> recover -> listen (a node that answers has its data)
//   stop (SIGTERM, SIGINT): checkpoint, commit the log, mark the folder as left in order, leave
const int Done = 0;
const int Failed = 1;
const int BadInput = 2;

if (args is ["--version"])
{
    var garnet = typeof(GarnetServerOptions).Assembly.GetName().Version!;
    var host = Assembly.GetExecutingAssembly().GetName().Version!;
    Console.WriteLine($"larder-garnet v={host.ToString(3)} garnet={garnet.ToString(3)}");
    return Done;
}

if (args is not [var path])
{
    await Console.Error.WriteLineAsync("usage: larder-garnet CONFIGURATION-FILE | --version");
    return BadInput;
}

GarnetHostConfiguration configuration;
try
{
    configuration = ConfigurationFile.Read(path);
}
catch (ConfigurationException problem)
{
    await Console.Error.WriteLineAsync($"larder-garnet: {problem.Message}");
    return BadInput;
}

using var loggers = LoggerFactory.Create(builder => builder
    .SetMinimumLevel(LogLevel.Warning)
    .AddFilter("Larder", LogLevel.Information)
    .AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
    }));
var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, RequestStop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, RequestStop);
try
{
    await new GarnetNode(configuration, loggers).RunAsync(stop.Task);
    return Done;
}
catch (Exception problem) when (problem is not OutOfMemoryException)
{
    // Whatever keeps Garnet from running ends this process; the last line of its output says why.
    await Console.Error.WriteLineAsync($"larder-garnet: {problem.GetType().Name}: {problem.Message}");
    return Failed;
}

void RequestStop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}
