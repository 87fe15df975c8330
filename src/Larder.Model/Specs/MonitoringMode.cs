namespace Larder.Model.Specs;

/// <summary>Which alarms a cache has.</summary>
public enum MonitoringMode
{
    /// <summary>The three standard alarms at 90 %.</summary>
    Automated,

    /// <summary>The alarms that the spec lists.</summary>
    Custom,

    /// <summary>None.</summary>
    Disabled,
}
