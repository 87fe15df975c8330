using Larder.Store.Tests;
using Xunit.Runner.InProc.SystemConsole;

// Two lives: a test program, and a writer that one of the tests kills.
return Environment.GetEnvironmentVariable(KilledWriter.Variable) is { Length: > 0 } path
    ? await KilledWriter.WriteForeverAsync(path)
    : await ConsoleRunner.Run(args);
