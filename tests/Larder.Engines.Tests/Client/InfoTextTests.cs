using Larder.Engines.Client;

namespace Larder.Engines.Tests.Client;

/// <summary>Fields of INFO are read, absent ones do not trip, keys are summed over databases.</summary>
public sealed class InfoTextTests
{
    private readonly InfoText _info = new(
        "# Server\r\nprocess_id:42\r\nexecutable:/usr/bin/redis-server\r\n# Cpu\r\nused_cpu_sys:1.5\r\n"
        + "# Keyspace\r\ndb0:keys=5,expires=0,avg_ttl=0\r\ndb3:keys=7,expires=1,avg_ttl=0\r\nflag:True\r\n");

    [Fact]
    public void Fields_ThatAreThere_AreRead()
    {
        Assert.Equal(42, _info.Number("process_id"));
        Assert.Equal(TimeSpan.FromSeconds(1.5), _info.Seconds("used_cpu_sys"));
        Assert.True(_info.Flag("flag"));
        Assert.Equal("/usr/bin/redis-server", _info.Text("executable"));
    }

    [Fact]
    public void Fields_ThatAreAbsent_AreNothing()
    {
        Assert.Equal(0, _info.Number("none"));
        Assert.Null(_info.Seconds("none"));
        Assert.False(_info.Flag("none"));
        Assert.Equal(string.Empty, _info.Text("none"));
    }

    [Fact]
    public void Keys_OfAllDatabases_AreSummed() => Assert.Equal(12, _info.Keys());

    [Fact]
    public void Keys_AreTold_ByDatabase() => Assert.Equal([(0, 5L), (3, 7L)], _info.DatabaseKeys().Select(pair => (pair.Key, pair.Value)));
}
