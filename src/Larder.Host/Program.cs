using Larder.Host.Cli;
return await Entry.RunAsync(args);
