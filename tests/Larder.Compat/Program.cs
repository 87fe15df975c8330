using Larder.Compat;
using Larder.Compat.Differential;
using Larder.Compat.Doors;
using Larder.Compat.Load;

// Larder.Compat door --socket PATH …           the gateway before an engine, for programs that test it from outside
// Larder.Compat differential …                 the long comparison (bench/compat)
// Larder.Compat load WHAT --port N --key KEY --pid PID …      loads (bench/gateway-limits)
try
{
    return args switch
    {
        ["door", .. var rest] => await DoorProgram.RunAsync(new Arguments(rest)),
        ["load", var what, .. var rest] => await LoadProgram.RunAsync(what, new Arguments(rest)),
        ["differential", .. var rest] => await DifferentialProgram.RunAsync(new Arguments(rest)),
        _ => Usage(),
    };
}
catch (ArgumentException problem)
{
    await Console.Error.WriteLineAsync($"Larder.Compat: {problem.Message}");
    return 2;
}

static int Usage()
{
    Console.Error.WriteLine("usage: Larder.Compat door --socket PATH [--port N] [--certificate FILE --certificate-key FILE]");
    return 2;
}
